/** Tokens, sign-in and what the upstream is told. */
import { z } from 'zod'
import { claimName, identityHeader, strippableHeader, userAttribute } from './identity-leaves.js'
import { choice, count, duration, flag, text } from './leaves.js'
import { issuer } from './network-leaves.js'
import { oneOrMany, section } from './sections.js'
import { directoryPath, filePath, secretText } from './target-leaves.js'

const secret = z
  .union([secretText(), section({ file: filePath().describe('A file that holds the secret and nothing else.') })])
  .describe(`The secret: usually \`\${NAME}\`, or \`{ file: path }\`.`)

const keys = z
  .union([
    directoryPath(),
    section({
      secret,
      insecure_short_secret: flag().prefault(false).describe('Accepts a secret of less than 32 bytes.')
    })
  ])
  .prefault('data/keys')
  .describe('The directory of the signing keys; for HS256 `{ secret: … }`.')

export const tokens = section({
  issuer: issuer().optional().describe('`iss` of the tokens. Default: `public_url`, or else `http://` and `listen`.'),
  keys,
  algorithm: choice(
    ['ES256', 'EdDSA', 'HS256'],
    ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES384', 'ES512', 'HS384', 'HS512']
  )
    .prefault('ES256')
    .describe('What tokens are signed with.'),
  access: duration({ least: '1s', most: '24h' }).prefault('15m').describe('How long an access token is good.'),
  refresh: section({
    idle: duration({ least: '1s' }).prefault('7d').describe('How long a session lives without a refresh.'),
    absolute: duration({ least: '1s' }).prefault('30d').describe('How long a session lives at most.'),
    reuse_grace: duration({ least: '0s', most: '60s' })
      .prefault('10s')
      .describe(
        'For how long a spent refresh token still answers with its successor, so that a lost answer logs nobody out.'
      )
  })
    .prefault({})
    .describe('Refresh tokens.'),
  audience: oneOrMany(text('a text without white space', /^[\x21-\x7e]+$/))
    .optional()
    .describe('`aud` of the tokens. Default: the issuer.'),
  claims: z
    .record(claimName(), userAttribute())
    .prefault({})
    .describe('More claims of access tokens: claim → `user.<attribute>` or `user.username`.')
})
  .prefault({})
  .describe('Tokens of this gateway.')

const attempts = (otherwise: number) => count(1_000_000).prefault(otherwise)

export const users = section({
  login: section({
    per_account_and_network: attempts(10).describe('Failed attempts at one account from one network.'),
    per_network: attempts(100).describe('Failed attempts from one network.'),
    window: duration().prefault('15m').describe('The time they are counted over.')
  })
    .prefault({})
    .describe('How often a password may be guessed.')
})
  .prefault({})
  .describe('Who may sign in.')

export const identity = section({
  headers: z
    .record(identityHeader(), claimName())
    .prefault({ 'X-User-Id': 'sub', 'X-User-Name': 'username', 'X-User-Roles': 'roles' })
    .describe('What the upstream is told: header → claim. No client can send these.'),
  strip: z.array(strippableHeader()).prefault([]).describe('More headers that no client may send.')
})
  .prefault({})
  .describe('Who asks, as the upstream sees it.')
