/** The one source of the file's form: types, defaults, the JSON Schema of editors and docs/settings.md. */
import { z } from 'zod'
import { assertions } from './assertion-schema.js'
import { cors } from './browser-schema.js'
import { clients } from './client-schema.js'
import { forwardAuth } from './forward-auth-schema.js'
import { identity } from './identity-schema.js'
import { issuers } from './issuer-schema.js'
import { flag } from './leaves.js'
import { listener, tls } from './listener-schema.js'
import { host, listenAddress, network, origin } from './network-leaves.js'
import { defaultLimits, limits, listenerLimit, rules, upstreams } from './policy-schema.js'
import { listOf, section } from './sections.js'
import { compat } from './simplejwt-schema.js'
import { literalPath, logTarget, storeTarget } from './target-leaves.js'
import { shadow, tests } from './test-schema.js'
import { tokens, users } from './token-schema.js'

export const settingsSchema = section({
  listen: listenAddress()
    .prefault('127.0.0.1:8080')
    .describe(
      'Where clients come in: `host:port`, `[::1]:8080`, `:8080` (every IPv4 address) or `8080` (127.0.0.1). PORTCULLIS_LISTEN says it for a file that does not.'
    ),
  public_url: origin('write the scheme, host and port alone')
    .optional()
    .describe('How clients name the gateway; scheme, host and port.'),
  trusted_proxies: z
    .array(network())
    .prefault([])
    .describe('Only these may speak through X-Forwarded-* and Forwarded: addresses or networks.'),
  insecure_trust_every_proxy: flag()
    .prefault(false)
    .describe('Accepts networks of every address in `trusted_proxies`.'),
  tls,
  listener,
  admin: section({
    listen: listenAddress().prefault('127.0.0.1:9901').describe('Where health, metrics and the console are.'),
    insecure_listen_everywhere: flag().prefault(false).describe('Accepts an admin port on every address.')
  })
    .prefault({})
    .describe("The operator's port."),
  public_health: literalPath()
    .optional()
    .describe('A path of the public port that answers with the health. Default: none.'),
  store: storeTarget()
    .prefault('sqlite:data/portcullis.db')
    .describe('Users and sessions: `sqlite:<path>`, or `memory:`, which forgets when it stops.'),
  logs: section({
    access: logTarget().prefault('stdout').describe('One line a request: `stdout`, `stderr`, `off` or a path.'),
    audit: logTarget().prefault('data/audit.log').describe('Security events: `stdout`, `stderr`, `off` or a path.')
  })
    .prefault({})
    .describe('Logs, as lines of JSON.'),
  auth: section({
    prefix: literalPath().prefault('/auth').describe('Where login, refresh, logout and verify are.'),
    hosts: listOf(host()).optional().describe('Only under these hosts. Default: every host.')
  })
    .prefault({})
    .describe("The gateway's own endpoints."),
  cors,
  forward_auth: forwardAuth,
  tokens,
  users,
  compat,
  issuers,
  clients,
  identity,
  limits,
  default_limits: defaultLimits,
  listener_limit: listenerLimit,
  upstreams,
  rules,
  assertions,
  tests,
  shadow
})

export type FileSettings = z.output<typeof settingsSchema>

export type Unfinished<T> = T extends readonly (infer E)[]
  ? readonly (Unfinished<E> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Unfinished<T[K]> | undefined }
    : T

/** What of the file could be read, so that one mistake does not hide the next: mistaken entries are undefined. */
export type Draft = Unfinished<FileSettings>
