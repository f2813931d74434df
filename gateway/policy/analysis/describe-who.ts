import type { Principal, Scalar } from '../../domain.js'
import { anywhere } from './addresses.js'
import type { Who } from './passing.js'
import { named, spellScalar } from './words.js'

/** A subject is always a text, so that nothing is lost without quotes; yet it must not break the line. */
const spellSubject = (subject: string): string =>
  /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(subject) ? subject : JSON.stringify(subject)

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)

/** Who it is first of all, and what else must be said. */
const introduce = ({ subject, roles, claims }: Principal): readonly [lead: string, rest: readonly string[]] => {
  const all = roles.length === 0 ? [] : [named('role', roles, 'and')]
  if (Object.hasOwn(claims, 'sub')) return [`sub ${spellSubject(subject)}`, all]
  const [lead] = all
  return lead === undefined ? ['somebody signed in', []] : [lead, []]
}

const describePrincipal = (principal: Principal, from: string): string => {
  const [lead, rest] = introduce(principal)
  const { issuer, scopes, claims } = principal
  const isSaid = issuer === 'self' || lead.startsWith(`sub ${issuer}:`)
  const others = Object.entries(claims).filter(([name]) => name !== 'sub')
  const having = [
    ...rest,
    ...(scopes.length === 0 ? [] : [named('scope', scopes, 'and')]),
    ...others.map(([name, value]) => `${name} = ${isScalar(value) ? spellScalar(value) : '…'}`)
  ]
  const at = isSaid ? '' : ` at ${issuer}`
  return `${lead}${at}${from}${having.length === 0 ? '' : ` with ${having.join(', ')}`}`
}

/** Somebody whom `findWho` found, in a few words: `sub 42 from 203.0.113.7 with scope orders:read`. */
export const describeWho = ({ authentication, address }: Who): string => {
  const from = address === anywhere ? '' : ` from ${address}`
  if (authentication.kind === 'anonymous') return `anyone without a token${from}`
  if (authentication.kind === 'bad') return `somebody with a bad token${from}`
  return describePrincipal(authentication.principal, from)
}
