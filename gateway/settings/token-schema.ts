/** Tokens and sign-in. */
import { z } from 'zod'
import { passwordHash, passwordRules } from './account-schema.js'
import { cookies } from './browser-schema.js'
import { claimName, userAttribute } from './identity-leaves.js'
import { algorithm, keys } from './key-schema.js'
import { count, duration, text } from './leaves.js'
import { issuer } from './network-leaves.js'
import { oneOrMany, section } from './sections.js'
import { userSource } from './user-source-schema.js'

export const tokens = section({
  issuer: issuer()
    .optional()
    .describe('`iss` of the tokens. Default: `public_url`, or else `http://` (with `tls` `https://`) and `listen`.'),
  keys,
  algorithm,
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
    .describe('More claims of access tokens: claim → `user.<attribute>` or `user.username`.'),
  cookies
})
  .prefault({})
  .describe('Tokens of this gateway.')

const attempts = (otherwise: number) => count(1_000_000).prefault(otherwise)

export const users = section({
  source: userSource,
  login: section({
    per_account_and_network: attempts(10).describe('Failed attempts at one account from one network.'),
    per_network: attempts(100).describe('Failed attempts from one network.'),
    per_account: attempts(100).describe(
      'Failed attempts at one account, over all the networks that it has not signed in from before.'
    ),
    window: duration().prefault('15m').describe('The time they are counted over.')
  })
    .prefault({})
    .describe('How often a password may be guessed.'),
  password: passwordRules,
  hash: passwordHash
})
  .prefault({})
  .describe('Who may sign in.')
