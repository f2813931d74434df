/** `allow`: who may pass a rule. */
import { z } from 'zod'
import type { ClaimExpectation } from '../domain.js'
import { claimName } from './identity-leaves.js'
import { type Leaf, leaf, refuse, text } from './leaves.js'
import { network } from './network-leaves.js'
import { listOf, oneOrMany, section } from './sections.js'
import { suggest } from './suggestions.js'

const anyRole = 'must not be empty: that must never mean any role'

const words = ['anyone', 'authenticated', 'nobody'] as const

function allowWord(): Leaf<(typeof words)[number]> {
  const expected = 'anyone, authenticated, nobody, a map of conditions or a list of such maps'
  return leaf(expected, { type: 'string', enum: [...words] }, (value) => {
    const word = words.find((candidate) => candidate === value)
    if (word !== undefined) return word
    if (typeof value !== 'string') return refuse()
    const looksLikeRole = /^[A-Za-z][\w:.-]*$/.test(value) && !/^(yes|no|on|off|all|any|true|false|none)$/i.test(value)
    return refuse(null, suggest(value, words) ?? (looksLikeRole ? `for a role write { roles: [${value}] }` : null))
  })
}

/** A text in braces is the path's segment of that name; braces anywhere else would silently never match. */
function claimExpectation(): Leaf<ClaimExpectation> {
  const json = { type: ['string', 'number', 'boolean'] }
  return leaf('a text, a number, true or false', json, (value): ClaimExpectation | ReturnType<typeof refuse> => {
    if (typeof value !== 'string') return Number.isFinite(Number(value)) ? { equals: value } : refuse()
    const [, name] = /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value) ?? []
    if (name !== undefined) return { segment: name }
    return /[{}]/.test(value) ? refuse('may be "{name}" as a whole, or a text without braces') : { equals: value }
  })
}

export const roleName = text('a role: letters, digits and : _ . / -', /^[A-Za-z0-9:_./-]+$/)
export const scopeName = text('a scope: one word, as RFC 6749 §3.3 spells it', /^[\x21\x23-\x5B\x5D-\x7E]+$/)

export const issuerName = text('the name of an issuer', /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)

const condition = section({
  roles: listOf(roleName, anyRole).optional().describe('Any of these roles.'),
  all_roles: listOf(roleName, anyRole).optional().describe('All of these roles.'),
  scopes: listOf(scopeName, anyRole).optional().describe('All of these scopes.'),
  claims: z
    .record(
      claimName(),
      oneOrMany(claimExpectation(), anyRole).describe(
        'What it must equal; of a list, one. `"{id}"` is a segment of the path.'
      )
    )
    .refine((claims) => Object.keys(claims).length > 0, { error: anyRole })
    .optional()
    .describe('Each claim equals the value, or one of the list; `"{id}"` is the segment that the path names so.'),
  networks: listOf(network(), anyRole)
    .optional()
    .describe('The client address is in one of these; the only condition that asks for no identity.'),
  issuers: listOf(issuerName, anyRole)
    .optional()
    .describe('The token is of one of these issuers, by their names in `issuers`; `self` is this gateway.')
}).refine((entries) => Object.keys(entries).length > 0, { error: anyRole, when: ({ issues }) => issues.length === 0 })

export const allow = z
  .union([allowWord(), condition, listOf(condition, anyRole)])
  .describe(
    '`anyone`, `authenticated`, `nobody`, a map whose entries must all hold, or a list of maps of which one must.'
  )
