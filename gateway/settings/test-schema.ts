/** `tests`: requests that nobody sent, and what must become of them; and `shadow`. */
import { METHODS } from 'node:http'
import { isIP } from 'node:net'
import { z } from 'zod'
import type { Scalar } from '../domain.js'
import { issuerName, roleName, scopeName } from './condition-schema.js'
import { claimName } from './identity-leaves.js'
import { choice, type Leaf, leaf, refuse, textLeaf } from './leaves.js'
import { host } from './network-leaves.js'
import { section } from './sections.js'
import { suggest } from './suggestions.js'
import { filePath } from './target-leaves.js'

const mostTests = 10_000

/** The request line of a test, taken apart. */
export interface TestedLine {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Of an absolute URL, with its port; null: the target is a path. */
  readonly authority: string | null
}

/** CONNECT asks for a tunnel, which never comes to a rule. */
const methods = METHODS.filter((method) => method !== 'CONNECT')

function requestLine(): Leaf<TestedLine> {
  return textLeaf('a method and a path, such as GET /api/orders', null, (written) => {
    const [first = '', target, ...others] = written.split(' ')
    if (target === undefined) return refuse(null, first.startsWith('/') ? `write GET ${first}` : null)
    if (others.length > 0) return refuse(null, 'one space stands between them; in a path a space is %20')
    const upper = first.toUpperCase()
    if (!methods.includes(first)) {
      return refuse('must begin with a method', methods.includes(upper) ? `write ${upper}` : suggest(upper, methods))
    }
    if (target.includes('#')) return refuse('must not have a fragment, which no client sends')
    if (target.startsWith('/')) return { method: first, target, authority: null }
    const [, authority, rest = ''] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? []
    if (authority === undefined) return refuse('must have a path, or a whole URL, after the method', 'begin it with /')
    return { method: first, target: rest.startsWith('/') ? rest : `/${rest}`, authority }
  })
}

function address(): Leaf<string> {
  return textLeaf('an address such as 10.0.0.7', null, (written) => {
    return isIP(written) === 0 ? refuse(null, written.includes('/') ? 'a client has one address' : null) : written
  })
}

function claimValue(): Leaf<Scalar> {
  return leaf('a text, a number, true or false', { type: ['string', 'number', 'boolean'] }, (value) => value)
}

function stranger(): Leaf<'anonymous'> {
  return leaf('anonymous, or a map of who asks', { type: 'string', enum: ['anonymous'] }, (value) => {
    if (value === 'anonymous') return value
    return refuse(null, typeof value === 'string' ? `for a role write { roles: [${value}] }` : null)
  })
}

const principal = section({
  roles: z
    .array(roleName)
    .prefault([])
    .describe('As the rules see them: those of another issuer, once they are mapped.'),
  scopes: z.array(scopeName).prefault([]).describe('The scopes of the token.'),
  claims: z.record(claimName(), claimValue()).prefault({}).describe('Claims of the token; those not named are absent.'),
  issuer: issuerName.prefault('self').describe('Whose token it is, by its name in `issuers`.'),
  sub: textLeaf('a text', /^.{1,255}$/, (written) => written)
    .optional()
    .describe('The `sub` of the token; for another issuer without its name before it.'),
  username: textLeaf('a text', /^.{1,255}$/, (written) => written)
    .optional()
    .describe('The claim `username`.')
})

const statuses = [200, 400, 401, 403, 404] as const

export type TestedVerdict = 'allow' | 'deny'
export type TestedStatus = (typeof statuses)[number]

function hintForStatus(status: number): string | null {
  if (status === 429) return 'limits are not tested: they depend on what came before'
  if (status > 200 && status < 400) return 'write 200 for what passes; what the upstream then answers is its own'
  return status >= 500 && status < 600 ? 'a failure is not for the policy to decide' : null
}

function readStatus(value: Scalar): TestedStatus | undefined {
  // The environment can only give text.
  return statuses.find((status) => String(status) === String(value))
}

function status(): Leaf<TestedStatus> {
  return leaf('200, 400, 401, 403 or 404', { enum: [...statuses] }, (value) => {
    return readStatus(value) ?? refuse(null, hintForStatus(Number(value)))
  })
}

function outcome(): Leaf<TestedVerdict | TestedStatus> {
  const words = ['allow', 'deny'] as const
  const json = { enum: [...words, ...statuses] }
  return leaf('allow, deny, 200, 400, 401, 403, 404, or a map', json, (value) => {
    const known = words.find((word) => word === value) ?? readStatus(value)
    if (known !== undefined) return known
    return refuse(null, typeof value === 'string' ? suggest(value, words) : hintForStatus(Number(value)))
  })
}

function ruleReference(): Leaf<string | number> {
  const expected = 'the path of a rule, or its number, counted from 0'
  return leaf(expected, { type: ['string', 'integer'] }, (value) => {
    if (typeof value === 'string') return value
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : refuse()
  })
}

const expectation = section({
  verdict: choice(['allow', 'deny']).optional().describe('Whether the request passes.'),
  status: status().optional().describe('What the gateway answers; 200: it passes.'),
  code: choice(['bad_path', 'invalid_request', 'missing_token', 'access_denied', 'insufficient_scope', 'no_rule'])
    .optional()
    .describe('The code of the refusal.'),
  rule: ruleReference().optional().describe('The rule that decides: its `path`, or its number as in `rules[0]`.'),
  upstream: textLeaf('the name of an upstream', null, (written) => written)
    .optional()
    .describe('Where the request goes.')
}).refine((entries) => Object.keys(entries).length > 0, {
  error: 'must not be empty',
  when: ({ issues }) => issues.length === 0
})

export const tests = z
  .array(
    section({
      request: requestLine().describe(
        'Method and path, as `GET /api/orders?page=2`, or method and URL, as `GET https://api.example.com/orders`.'
      ),
      as: z
        .union([stranger(), principal])
        .prefault('anonymous')
        .describe('Who asks: `anonymous`, or what a valid token says; `{}` is somebody without roles.'),
      expect: z
        .union([outcome(), expectation])
        .describe(
          'What the rules must say: `allow` or 200, `deny`, 400, 401, 403 or 404; or a map that also names the rule, the upstream or the code.'
        ),
      host: host().optional().describe('The host that is asked. Default: that of `public_url`, else `localhost`.'),
      address: address().prefault('192.0.2.1').describe("Where the client is; unless said, in nobody's network."),
      name: textLeaf('a text', /^.{1,200}$/, (written) => written)
        .optional()
        .describe('What reports call the test. Default: its request and who asks.')
    })
  )
  .max(mostTests, { error: `must not hold more than ${mostTests} tests` })
  .prefault([])
  .describe(
    'Requests and what must become of them. One that fails is a mistake of the file: neither start nor reload take it.'
  )

export const shadow = filePath()
  .optional()
  .describe(
    'Another settings file, whose rules judge what comes too, without effect: where they differ is counted and logged.'
  )
