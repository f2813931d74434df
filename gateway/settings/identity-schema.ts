/** What the upstream is told of who asks. */
import { z } from 'zod'
import { claimName, identityHeader, strippableHeader } from './identity-leaves.js'
import { presetNames } from './identity-presets.js'
import { generatedKeys } from './key-schema.js'
import { choice, duration } from './leaves.js'
import { oneOrMany, section } from './sections.js'
import { directoryPath, filePath } from './target-leaves.js'

const assertion = section({
  header: identityHeader().prefault('X-Portcullis-Assertion').describe('The field it stands in.'),
  ttl: duration({ least: '5s', most: '10m' }).prefault('60s').describe('How long it is good.'),
  claims: z.array(claimName()).prefault([]).describe('More that it says, under `claims`: what `headers` can name.'),
  keys: z
    .union([
      directoryPath(),
      section({ ...generatedKeys, files: oneOrMany(filePath()).optional().describe('Keys of yours: the first signs.') })
    ])
    .optional()
    .describe(
      'Where its keys are, as `tokens.keys`. Default: the directory `assertion` in that of `tokens.keys`, or in `data/keys`.'
    )
})
  .optional()
  .describe('A signed JWT in every request of somebody, for one upstream, method and path. Default: none.')

export const identity = section({
  preset: oneOrMany(choice(presetNames))
    .optional()
    .describe('The fields of another product: its names and what they say. Default: none.'),
  headers: z
    .record(identityHeader(), claimName())
    .optional()
    .describe(
      'What the upstream is told: header → claim. No client can send these. Default without a preset: `{ X-User-Id: sub, X-User-Name: username, X-User-Roles: roles }`.'
    ),
  strip: z.array(strippableHeader()).prefault([]).describe('More headers that no client may send.'),
  assertion
})
  .prefault({})
  .describe('Who asks, as the upstream sees it.')
