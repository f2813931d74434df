import type { Allow, ClaimExpectation, Condition } from '../../domain.js'
import { listed, named, spellScalar } from './words.js'

const spellExpectation = (expected: ClaimExpectation): string =>
  'equals' in expected ? spellScalar(expected.equals) : `{${expected.segment}}`

const describeCondition = ({ roles, allRoles, scopes, claims = {}, networks, issuers }: Condition): string =>
  [
    roles && named('role', roles, 'or'),
    allRoles && named(allRoles.length === 1 ? 'role' : 'all role', allRoles, 'and'),
    scopes && named('scope', scopes, 'and'),
    ...Object.entries(claims).map(([name, expected]) => `${name} = ${listed(expected.map(spellExpectation), 'or')}`),
    networks && named('network', networks, 'or'),
    issuers && named('issuer', issuers, 'or')
  ]
    .filter((entry) => entry !== undefined)
    .join(', ')

/** `allow` in a few words: `roles admin or ops; or sub = {id}`. */
export const describeAllow = (allow: Allow): string => {
  if (allow.kind !== 'any') return allow.kind
  return allow.of.length === 0 ? 'nobody' : allow.of.map(describeCondition).join('; or ')
}
