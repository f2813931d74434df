/** `assertions`: what must hold whatever the rules are. */
import { z } from 'zod'
import { allow } from './condition-schema.js'
import { textLeaf } from './leaves.js'
import { host } from './network-leaves.js'
import { method } from './policy-schema.js'
import { listOf, oneOrMany, section } from './sections.js'

const mostAssertions = 1000

/** Which requests are meant. */
const region = {
  path: textLeaf('a pattern such as /api/**', null, (written) => written).describe('A pattern, as in a rule.'),
  methods: listOf(method()).optional().describe('Only for these methods; GET covers HEAD. Default: every method.'),
  host: oneOrMany(host()).optional().describe('Only for these hosts. Default: every host.')
}

export const assertions = z
  .array(
    section({
      never: section({
        ...region,
        unless: allow.optional().describe('Who may pass nevertheless, as `allow` of a rule. Default: nobody.')
      })
        .optional()
        .describe('No request that fits ever passes, except of those who meet `unless`.'),
      always: section({
        ...region,
        allow: allow.describe('Who passes for certain, as `allow` of a rule.')
      })
        .optional()
        .describe('Every request that fits passes for whoever meets `allow`.'),
      name: textLeaf('a text', /^.{1,200}$/, (written) => written)
        .optional()
        .describe('What messages call it. Default: what it says.')
    })
  )
  .max(mostAssertions, { error: `must not hold more than ${mostAssertions} assertions` })
  .prefault([])
  .describe(
    'What must hold whatever the rules are, proved for every request and for everybody. One that is broken, or that ' +
      'cannot be proved, is a mistake of the file: neither start nor reload take it.'
  )
