/** Services, which prove by a secret who they are. */
import { z } from 'zod'
import { secret } from './key-schema.js'
import { duration, flag, type Leaf, refuse, text, textLeaf } from './leaves.js'
import { network } from './network-leaves.js'
import { listOf, section } from './sections.js'

/** The public client that users sign in with. */
const usersClient = 'portcullis'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A client's id is the subject of its tokens: it must be unlike the id of a user, and `name:sub` of another issuer. */
function clientId(): Leaf<string> {
  const expected = 'a client id of letters, digits and _ . -'
  return textLeaf(expected, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, (written) => {
    if (uuid.test(written)) return refuse('must not look like the id of a user')
    return written === usersClient ? refuse('must be another name: users sign in by this one') : written
  })
}

const roleForm = /^[A-Za-z0-9:_./-]{1,64}$/

/** Roles that begin with `portcullis:` open the operator's door, which is for users alone. */
function clientRole(): Leaf<string> {
  return textLeaf('a role: at most 64 letters, digits and : _ . / -', roleForm, (written) => {
    return written.startsWith('portcullis:')
      ? refuse('must not begin with portcullis:, which only users may have')
      : written
  })
}

const scope = text('a scope: one word, as RFC 6749 §3.3 spells it', /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/)

const client = section({
  secret: secret.optional(),
  secrets: z.array(secret).optional().describe('Instead of `secret`, while it is being replaced: the old and the new.'),
  insecure_short_secret: flag().prefault(false).describe('Accepts secrets of less than 32 bytes.'),
  roles: z.array(clientRole()).prefault([]).describe('Its roles, as rules read them.'),
  scopes: z
    .array(scope)
    .prefault([])
    .describe('What it may ask for; a request that asks for nothing is granted all of them.'),
  access: duration({ least: '1s', most: '24h' })
    .optional()
    .describe('How long its access tokens are good. Default: `tokens.access`.'),
  networks: listOf(network()).optional().describe('It may prove itself only from these. Default: from everywhere.')
})

export const clients = z
  .record(clientId(), client)
  .prefault({})
  .describe('Services: they get tokens for themselves, and may introspect and revoke (docs/services.md).')
