/** Answering as djangorestframework-simplejwt does. docs/simplejwt.md maps its settings to these. */
import { claimName, identityHeader } from './identity-leaves.js'
import { secret } from './key-schema.js'
import { choice, duration, flag, type Leaf, text, textLeaf } from './leaves.js'
import { listOf, oneOrMany, section } from './sections.js'
import { filePath, literalPath } from './target-leaves.js'

/** `user.id`, `user.username` or an attribute. */
function userField(): Leaf<string> {
  return textLeaf('user.id, user.username or user.<attribute>', /^user\.[A-Za-z0-9_][A-Za-z0-9_.-]*$/, (written) =>
    written.replace(/^user\./, '')
  )
}

/** RFC 7519 §2, StringOrURI: Django's `iss` and `aud` need not be URLs. */
const named = () => text('a text of 1 to 255 characters', /^\P{Cc}{1,255}$/u)

const signingKey = section({
  secret: secret.optional(),
  file: filePath()
    .optional()
    .describe('A private key, PEM or JWK, for RS256, ES256 and their like; 0600, or readable by its group.'),
  insecure_short_secret: flag().prefault(false).describe('Accepts a secret that is shorter than the hash.')
})

export const simplejwt = section({
  prefix: literalPath()
    .prefault('/api/token')
    .describe(
      'Where its endpoints are, with and without a slash at the end: obtain, and below it `refresh/` and so on.'
    ),
  access: duration({ least: '1s', most: '24h' }).prefault('5m').describe('How long an access token is good.'),
  refresh: duration({ least: '1s' }).prefault('1d').describe('How long a refresh token is good.'),
  rotate: flag()
    .prefault(false)
    .describe('Whether a refresh answers with a new refresh token and spends the one that was shown.'),
  session: duration({ least: '1s' })
    .prefault('30d')
    .describe('How long a session lives at most, however often its tokens rotate.'),
  algorithm: choice(['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'])
    .optional()
    .describe('What `signing_key` signs with. Default: `HS256`.'),
  signing_key: signingKey
    .optional()
    .describe(
      'The key that Django signs and verifies with: `{ secret }` or `{ file }`. Default: the keys of `tokens.keys`, which Django finds by JWK_URL.'
    ),
  audience: oneOrMany(named())
    .optional()
    .describe('`aud` of the tokens. Default: none, because Django refuses one that it was not told of.'),
  issuer: named()
    .optional()
    .describe('`iss` of the tokens: what Django calls it, a URL or not. Default: `tokens.issuer`.'),
  leeway: duration({ least: '0s', most: '60s' })
    .prefault('0s')
    .describe('How much longer than it says a token is good, and how much earlier, for clocks that differ.'),
  auth_header_types: oneOrMany(text('a scheme such as Bearer or JWT', /^[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,31}$/))
    .prefault(['Bearer'])
    .describe('What may stand before the token in Authorization; the first is in the challenge. `Bearer` always may.'),
  auth_header: identityHeader()
    .optional()
    .describe('The field that tokens come in, if it is not Authorization, which is then read too.'),
  user_id: userField().prefault('user.id').describe('What Django knows the user by: `user.id` or `user.<attribute>`.'),
  user_id_claim: claimName().prefault('user_id').describe('The claim that says it.'),
  token_type_claim: claimName().prefault('token_type').describe('The claim that tells the kinds of tokens apart.'),
  jti_claim: claimName().prefault('jti').describe("The claim of the token's own id."),
  auth_tokens: listOf(choice(['access', 'sliding']))
    .prefault(['access'])
    .describe('Which tokens show who asks. With `sliding` there are `sliding/` and `sliding/refresh/`.'),
  sliding: section({
    lifetime: duration({ least: '1s', most: '24h' }).prefault('5m').describe('How long a sliding token is good.'),
    refresh: duration({ least: '1s' }).prefault('1d').describe('For how long one can be exchanged for a fresh one.'),
    refresh_exp_claim: claimName().prefault('refresh_exp').describe('The claim that says until when.')
  })
    .prefault({})
    .describe('Sliding tokens.')
})

export const compat = section({
  simplejwt: simplejwt.optional().describe('Answers as djangorestframework-simplejwt does. Default: not at all.')
})
  .prefault({})
  .describe('Answering as others do, so that their clients go on unchanged.')
