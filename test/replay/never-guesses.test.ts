import fc from 'fast-check'
import t from 'tap'
import { createJudge } from '../../gateway/judgement.js'
import { outcomeOf } from '../../gateway/on-paper/outcome.js'
import { createReplay } from '../../gateway/on-paper/replay.js'
import { settingsOf } from '../helpers/gateway.js'
import { canonical, makePrincipal } from '../policy/make-rules.js'

const replayOf = (allow: string, path = '"/x/{id}"') =>
  createReplay(
    settingsOf(
      `upstreams: { app: { url: "http://127.0.0.1:1" } }\nissuers: { corp: { issuer: https://c.example, audience: [a] } }\nrules:\n  - { path: ${path}, allow: ${allow}, to: app }\n`,
      '/tmp'
    )
  )

const line = {
  method: 'GET',
  host: 'example.com',
  path: '/x/7',
  address: '192.0.2.7',
  verdict: 'allow',
  upstream: 'app',
  rule: { index: 0, line: 3, path: '/x/**' },
  decision_id: 'd',
  credential: 'valid',
  subject: 'ann',
  issuer: 'self',
  username: 'Ann',
  roles: ['user'],
  scopes: [],
  claims: {}
}

/** The kind of what is told, its reason, or the code that it would be refused by now. */
function told(allow: string, changed: object = {}): string {
  const replayed = replayOf(allow)({ ...line, ...changed })
  if (replayed.kind === 'differs') return replayed.now.code ?? 'allow'
  return 'because' in replayed ? replayed.because : replayed.kind
}

t.test('a claim that nobody read then is only missed where the verdict hangs on it', async (t) => {
  t.equal(told('{ claims: { tenant: acme } }'), 'claim_not_logged')
  t.equal(told('{ claims: { tenant: acme } }', { claims: { tenant: 'acme' } }), 'same')
  t.equal(told('{ claims: { tenant: acme } }', { claims: { tenant: 'other' } }), 'access_denied')
  t.equal(told('{ claims: { tenant: acme } }', { claims: { tenant: null } }), 'access_denied', 'it was looked for')
  t.equal(told('[{ roles: [user] }, { claims: { tenant: acme } }]'), 'same', 'another alternative is enough')
  t.equal(told('{ roles: [admin], claims: { tenant: acme } }'), 'access_denied', 'another entry is missed for sure')
  t.equal(told('{ claims: { tenant: acme }, scopes: [s] }'), 'claim_not_logged', 'the code hangs on it')
  t.equal(told('{ claims: { account: "{id}" } }'), 'claim_not_logged')
  t.equal(told('{ claims: { sub: "{id}" } }'), 'access_denied', 'the subject is always known')
  t.equal(told('{ claims: { sub: "{id}" } }', { subject: '7' }), 'same')
  t.equal(told('{ claims: { username: Ann } }'), 'same', 'and so is the name')
  t.equal(told('{ claims: { a: 1, b: [2, 3] } }'), 'claim_not_logged')
  const many = Array.from({ length: 9 }, (_, at) => `c${at}: 1`).join(', ')
  t.equal(told(`{ claims: { ${many} } }`), 'claim_not_logged', 'too many to try')
  t.equal(told('{ claims: { tenant: acme } }', { credential: 'none', subject: undefined }), 'missing_token')
})

t.test('a verdict that is told holds whatever the missing claims were', async (t) => {
  const value = fc.constantFrom<string | number>('acme', 1, '7', 'other')
  const claims = fc.dictionary(fc.constantFrom('tenant', 'level', 'account'), value, { maxKeys: 3 })
  const condition = fc.record(
    {
      roles: fc.constant(['user']),
      scopes: fc.constant(['s']),
      claims: fc.dictionary(fc.constantFrom('tenant', 'level', 'account'), fc.constantFrom('acme', 1, '{id}'), {
        minKeys: 1
      })
    },
    { requiredKeys: [] }
  )
  const conditions = fc.array(
    condition.filter((one) => Object.keys(one).length > 0),
    { minLength: 1, maxLength: 3 }
  )
  let toldOf = 0
  fc.assert(
    fc.property(conditions, claims, fc.subarray(['tenant', 'level', 'account']), (allow, token, logged) => {
      const yaml = `upstreams: { app: { url: "http://127.0.0.1:1" } }\nrules:\n  - { path: "/x/{id}", allow: ${JSON.stringify(allow)}, to: app }\n`
      const settings = settingsOf(yaml, '/tmp')
      const known = Object.fromEntries(logged.map((name) => [name, token[name] ?? null]))
      const replayed = createReplay(settings)({ ...line, claims: known })
      if (replayed.kind === 'untold') return true
      toldOf += 1
      const target = { path: canonical('/x/7'), oddities: 0, query: '', authority: 'example.com', host: 'example.com' }
      const principal = makePrincipal({ subject: 'ann', roles: ['user'], claims: token })
      const real = outcomeOf(
        createJudge(settings)({
          method: 'GET',
          target,
          address: '192.0.2.7',
          authentication: { kind: 'principal', principal }
        })
      )
      return replayed.kind === 'same'
        ? real.verdict === 'allow'
        : replayed.kind === 'differs' && replayed.now.code === real.code
    }),
    { numRuns: 400 }
  )
  t.ok(toldOf > 50, `told of ${toldOf}`)
})

t.test('what a line does not say is not made up', async (t) => {
  t.equal(told('anyone', { roles: undefined }), 'incomplete_identity')
  t.equal(told('anyone', { issuer: null }), 'incomplete_identity')
  t.equal(told('anyone', { claims: undefined }), 'incomplete_identity')
  t.equal(told('anyone', { credential: 'brand_new_code' }), 'unknown_credential')
  t.equal(told('anyone', { credential: undefined }), 'not_decided')
  t.equal(told('anyone', { path: null }), 'no_path')
  t.equal(told('anyone', { log: 'audit' }), 'other_log')
  t.equal(told('anyone', { endpoint: '/x/7' }), 'answered_by_gateway')
  t.equal(told('anyone', { endpoint: '/auth/check' }), 'same')
  for (const broken of [{ verdict: 'yes' }, { method: 1 }, { host: null }, { path: '/a/../b' }, { path: '/%41' }]) {
    t.equal(told('anyone', broken), 'unreadable', JSON.stringify(broken))
  }
  for (const value of [null, 1, 'text', [], [line]]) t.equal(replayOf('anyone')(value).kind, 'unreadable')
})

t.test('a credential that did not hold is none where anyone may pass, and refused as it was elsewhere', async (t) => {
  const expired = {
    credential: 'expired_token',
    subject: undefined,
    verdict: 'deny',
    code: 'expired_token',
    upstream: null
  }
  t.equal(told('authenticated', expired), 'same')
  t.equal(told('anyone', expired), 'allow')
  t.equal(told('nobody', expired), 'access_denied')
})
