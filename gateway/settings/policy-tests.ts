/** What tests must say about each other and the names they use, and the tests as Settings. */
import type { Authentication, Claims, Rule } from '../domain.js'
import { type ProblemCode, problems } from '../problems.js'
import { type Pattern, unsuitableClaims } from './coherent-rules.js'
import { createDanglingNames, type DanglingNames, type GivenNames } from './dangling-names.js'
import { type Finding, mistakeAt, mistakeAtKey, type Path, quote } from './findings.js'
import type { Draft, FileSettings } from './schema.js'
import { suggest } from './suggestions.js'
import type { TestedStatus, TestedVerdict } from './test-schema.js'

type FileTest = FileSettings['tests'][number]
type DraftTest = NonNullable<NonNullable<Draft['tests']>[number]>
type DraftPrincipal = Exclude<NonNullable<DraftTest['as']>, string>

/** What must become of a request; each member present must hold. */
export interface Expectation {
  readonly verdict?: TestedVerdict
  readonly status?: TestedStatus
  readonly code?: ProblemCode
  /** `indexes`: the rules with that path, or the one of that number. */
  readonly rule?: { readonly written: string; readonly indexes: readonly number[] }
  readonly upstream?: string
}

/** A request that nobody sent, and what must become of it. */
export interface PolicyTest {
  readonly index: number
  readonly line: number
  /** null: it is called by what it asks. */
  readonly name: string | null
  /** As a person reads it: method and path, with `//` and the host where the test names one. */
  readonly asked: string
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Name and port, as in Host. */
  readonly authority: string
  readonly address: string
  readonly authentication: Authentication
  readonly expect: Expectation
}

export function coherentTests(draft: Draft, patterns: readonly (Pattern | null)[], given: GivenNames): Finding[] {
  const danglingNames = createDanglingNames(given)
  return (draft.tests ?? []).flatMap((test, index) => {
    if (test === undefined) return []
    const path = ['tests', index]
    return [
      ...hostOf(test, path),
      ...whoAsks(test, danglingNames, path),
      ...expected(test, draft, patterns, danglingNames, path)
    ]
  })
}

function hostOf({ request, host }: DraftTest, path: Path): Finding[] {
  const both = host !== undefined && typeof request?.authority === 'string'
  return both ? [mistakeAt([...path, 'host'], 'is said twice', 'the URL of the request names a host already')] : []
}

function whoAsks({ as }: DraftTest, danglingNames: DanglingNames, path: Path): Finding[] {
  if (as === undefined || typeof as === 'string') return []
  const at = [...path, 'as']
  return [
    ...danglingNames('issuer', [as.issuer], () => [...at, 'issuer']),
    ...claimsOf(as, [...at, 'claims']),
    ...reservedRoles(as, [...at, 'roles'])
  ]
}

function claimsOf({ claims = {}, sub, username }: DraftPrincipal, path: Path): Finding[] {
  return Object.keys(claims).flatMap((claim) => {
    const at = [...path, claim]
    const unsuitable = unsuitableClaims.get(claim)
    if (unsuitable !== undefined) return [mistakeAtKey(at, 'is nothing that rules ask for', unsuitable)]
    const twice = (claim === 'sub' && sub !== undefined) || (claim === 'username' && username !== undefined)
    return twice ? [mistakeAtKey(at, 'is said twice', `${claim} stands beside claims already`)] : []
  })
}

/** The tokens of others never bring the roles that only the users of our own store have. */
function reservedRoles({ roles, issuer }: DraftPrincipal, path: Path): Finding[] {
  if (issuer === undefined || issuer === 'self') return []
  return (roles ?? []).flatMap((role, index) => {
    if (role?.startsWith('portcullis:') !== true) return []
    return [mistakeAt([...path, index], 'cannot be: no other issuer gives roles that begin with portcullis:')]
  })
}

function expected(
  { expect, as }: DraftTest,
  draft: Draft,
  patterns: readonly (Pattern | null)[],
  danglingNames: DanglingNames,
  path: Path
): Finding[] {
  if (expect === undefined || typeof expect !== 'object') return []
  const at = [...path, 'expect']
  const { verdict, status, code, rule, upstream } = expect
  const passes = verdict === 'allow' || status === 200 || upstream !== undefined
  const refused = verdict === 'deny' || (status !== undefined && status !== 200) || code !== undefined
  if (passes && refused) return [mistakeAt(at, 'cannot be: a request is either refused or passes')]
  if (code !== undefined && status !== undefined && problems[code].status !== status) {
    return [mistakeAt([...at, 'code'], `cannot be: ${code} is answered ${problems[code].status}, not ${status}`)]
  }
  const withoutRule =
    status === 404 || status === 400 || ['no_rule', 'bad_path', 'invalid_request'].includes(code ?? '')
  if (rule !== undefined && withoutRule) return [mistakeAt([...at, 'rule'], 'cannot be: no rule decides that')]
  const stranger = as === 'anonymous'
  if (as !== undefined && ((code === 'missing_token' && !stranger) || (code === 'insufficient_scope' && stranger))) {
    const asks = stranger ? 'nobody' : 'somebody'
    return [mistakeAt([...at, 'code'], `cannot be: ${asks} has a token here, and ${code} says otherwise`)]
  }
  return [
    ...danglingNames('upstream', [upstream], () => [...at, 'upstream']),
    ...danglingRule(rule, draft, patterns, at)
  ]
}

function danglingRule(
  rule: string | number | undefined,
  draft: Draft,
  patterns: readonly (Pattern | null)[],
  at: Path
): Finding[] {
  const rules = draft.rules
  // With a mistake among the rules, the one that is meant may be the mistaken one.
  if (rule === undefined || rules === undefined || patterns.includes(null)) return []
  const path = [...at, 'rule']
  if (typeof rule === 'number') {
    if (rule < rules.length) return []
    return [mistakeAt(path, `no rule has this number: the last one is rules[${rules.length - 1}]`)]
  }
  const paths = rules.flatMap((one, index) => [one?.path ?? '', patterns[index]?.path ?? ''])
  if (paths.includes(rule)) return []
  return [mistakeAt(path, `no rule has the path ${quote(rule)}`, suggest(rule, paths))]
}

/** The test of this place in a file without a mistake. */
export function readTest(file: FileSettings, index: number, rules: readonly Rule[], line: number): PolicyTest {
  const test = file.tests[index] as FileTest
  const { request, host, address, name, as, expect } = test
  const authority = request.authority ?? host ?? null
  return {
    index,
    line,
    name: name ?? null,
    asked: `${request.method} ${authority === null ? '' : `//${authority}`}${request.target}`,
    method: request.method,
    target: request.target,
    authority: authority ?? defaultHost(file),
    address,
    authentication: as === 'anonymous' ? { kind: 'anonymous' } : readPrincipal(as, file),
    expect: readExpectation(expect, file, rules)
  }
}

function defaultHost({ public_url: url }: FileSettings): string {
  return url === undefined ? 'localhost' : new URL(url).host
}

/** As authentication would find it, the subject of another issuer included. */
function readPrincipal(
  { roles, scopes, claims: named, issuer, sub, username }: Exclude<FileTest['as'], 'anonymous'>,
  { issuers }: FileSettings
): Authentication {
  const own = sub ?? String(named.sub ?? 'somebody')
  const subject = issuer === 'self' || issuers[issuer]?.subject === 'raw' ? own : `${issuer}:${own}`
  const name = username ?? (typeof named.username === 'string' ? named.username : null)
  const claims: Claims = { ...named, sub: subject, roles, ...(name === null ? {} : { username: name }) }
  return {
    kind: 'principal',
    principal: {
      subject,
      issuer,
      username: name,
      roles,
      scopes,
      clientId: null,
      sessionId: null,
      tokenId: null,
      generation: null,
      expiresAt: Number.MAX_SAFE_INTEGER,
      claims
    }
  }
}

function readExpectation(expect: FileTest['expect'], file: FileSettings, rules: readonly Rule[]): Expectation {
  if (typeof expect === 'number') return { status: expect }
  if (typeof expect === 'string') return { verdict: expect }
  const { rule, ...others } = expect
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined))
  if (rule === undefined) return given
  const isMeant = ({ path, index }: Rule) =>
    typeof rule === 'number' ? index === rule : path === rule || file.rules[index]?.path === rule
  const indexes = rules.filter(isMeant).map(({ index }) => index)
  return { ...given, rule: { written: typeof rule === 'number' ? `rules[${rule}]` : rule, indexes } }
}
