/** What tokens are signed with. */
import { z } from 'zod'
import { choice, duration, flag } from './leaves.js'
import { oneOrMany, section } from './sections.js'
import { directoryPath, filePath, secretText } from './target-leaves.js'

export const algorithm = choice([
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['HS256', 'HS384', 'HS512']
] as const)
  .prefault('ES256')
  .describe('What tokens are signed with.')

export const secret = z
  .union([secretText(), section({ file: filePath().describe('A file that holds the secret and nothing else.') })])
  .describe(`The secret: usually \`\${NAME}\`, or \`{ file: path }\`.`)

/** Keys in a directory that the gateway looks after. */
export const generatedKeys = {
  directory: directoryPath().optional().describe('The directory of the generated keys.'),
  rotate_every: duration({ least: '1m' })
    .optional()
    .describe('How long a key signs before another takes its place. Default: until `portcullis key rotate`.'),
  publish_before: duration({ least: '1s' })
    .optional()
    .describe('How long before it signs a key is published, so that verifiers know it. Default: `1h`.')
}

/** One form for all sources: which keys go together is said in coherent-keys.ts, in words. */
export const keys = z
  .union([
    directoryPath(),
    section({
      ...generatedKeys,
      files: oneOrMany(filePath())
        .optional()
        .describe('Files of keys, PEM or JWK: the first signs, all verify. docs/keys.md says how they are named.'),
      secret: secret.optional(),
      insecure_short_secret: flag().prefault(false).describe('Accepts a secret that is shorter than the hash.')
    })
  ])
  .prefault('data/keys')
  .describe(
    'The directory of the signing keys, or `{ directory, rotate_every, publish_before }`, `{ files }`, or `{ secret }` for HS256 and its like.'
  )
