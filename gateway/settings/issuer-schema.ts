/** Issuers of others, whose tokens are accepted beside our own. */
import { z } from 'zod'
import { claimName } from './identity-leaves.js'
import { choice, duration, flag, type Leaf, leaf, refuse, text, textLeaf } from './leaves.js'
import { documentUrl, issuer } from './network-leaves.js'
import { givenName, listOf, oneOrMany, section } from './sections.js'
import { suggest } from './suggestions.js'

const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519'
] as const

function algorithm(): Leaf<(typeof algorithms)[number]> {
  const expected = 'an algorithm with public keys such as RS256'
  return leaf(expected, { type: 'string', enum: [...algorithms] }, (value) => {
    const known = algorithms.find((name) => name === value)
    if (known !== undefined) return known
    if (typeof value !== 'string') return refuse()
    if (/^HS\d+$/i.test(value)) return refuse(null, 'whoever can verify a secret can also sign with it')
    return refuse(null, suggest(value, algorithms))
  })
}

/** `realm_access.roles`; a name with a slash or a colon, as Auth0 makes them, is one claim, dots and all. */
function claimPath(): Leaf<readonly string[]> {
  return textLeaf('a claim such as roles or realm_access.roles', /^[^\s{}"\\]{1,256}$/, (written) => {
    const path = /[/:]/.test(written) ? [written] : written.split('.')
    return path.includes('') ? refuse() : path
  })
}

const ours = 'a role: letters, digits and : _ . / -'

function role(): Leaf<string> {
  return textLeaf(ours, /^[A-Za-z0-9:_./-]{1,64}$/, (written) => {
    if (!written.startsWith('portcullis:')) return written
    return refuse("must not begin with 'portcullis:': only users of the store can have such a role")
  })
}

const roles = section({
  from: z
    .union([claimPath(), listOf(claimName())])
    .describe('Where the roles stand: a claim, with dots between members, or the list of member names.'),
  map: z
    .record(text('a role of the issuer', /^[^\u0000-\u001f\u007f]{1,256}$/), oneOrMany(role()))
    .optional()
    .describe('Role of the issuer → role here, or several. Without it, roles are called the same.'),
  pass_unmapped: flag().prefault(false).describe('Keeps roles that `map` does not name; otherwise they are dropped.')
})

export const issuers = z
  .record(
    givenName(['self']),
    section({
      issuer: issuer().describe('`iss` of its tokens, to the letter: a slash at the end counts.'),
      jwks_url: documentUrl().optional().describe('Where its keys are. Default: what its discovery document says.'),
      discovery: flag()
        .optional()
        .describe('Whether keys are found by `.well-known/openid-configuration`. Default: true without `jwks_url`.'),
      audience: oneOrMany(text('a text without white space', /^[\x21-\x7e]+$/)).describe(
        '`aud` of its tokens must name one of these.'
      ),
      algorithms: listOf(algorithm())
        .prefault(['RS256', 'PS256', 'ES256', 'EdDSA'])
        .describe('What its tokens may be signed with.'),
      roles: roles.optional().describe('Its roles. Default: its users have none.'),
      username: claimName()
        .optional()
        .describe('The claim that names the user, often `preferred_username`. It is unique at that issuer at best.'),
      subject: choice(['prefixed', 'raw'])
        .prefault('prefixed')
        .describe(
          '`prefixed`: users are `<issuer name>:<sub>`. `raw`: `<sub>`, which may be that of one of our own users.'
        ),
      leeway: duration({ least: '0s', most: '5m' }).prefault('30s').describe('How far its clock may differ from ours.'),
      typ: listOf(text('a type such as at+jwt', /^[A-Za-z0-9!#$&^_.+/-]{1,64}$/))
        .optional()
        .describe('What `typ` of the header must be. Default: `JWT`, `at+jwt` or nothing.'),
      insecure_http: flag().prefault(false).describe('Accepts keys over plain http.')
    })
  )
  .prefault({})
  .describe('Issuers of others, by a name of yours, whose tokens are accepted beside our own.')
