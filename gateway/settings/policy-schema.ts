/** Limits, upstreams and rules. */
import { METHODS } from 'node:http'
import { z } from 'zod'
import { allow } from './condition-schema.js'
import { choice, count, duration, flag, type Leaf, refuse, textLeaf } from './leaves.js'
import { maxBody } from './max-body-leaf.js'
import { host } from './network-leaves.js'
import { givenName, listOf, oneOrMany, section } from './sections.js'
import { suggest } from './suggestions.js'
import { literalPath } from './target-leaves.js'
import { endpoints } from './upstream-schema.js'
import { websocket } from './websocket-schema.js'
import { mostEntries } from './yaml-syntax.js'

const algorithm = choice(['fixed_window', 'token_bucket'])
  .prefault('fixed_window')
  .describe('`fixed_window` starts afresh when the window ends; `token_bucket` refills evenly over it.')
const requests = count(1_000_000_000).describe('How many requests a window admits.')
const window = duration().describe('How long a window is.')

/** `none` is the word for no limit, and `listener` the bucket of `listener_limit`. */
const limitName = givenName(['none', 'listener'])

export const limits = z
  .record(
    limitName,
    section({
      by: choice(['user', 'ip']).describe(
        'Whom it counts: the subject of the token (anonymous requests by address), or the client address.'
      ),
      requests,
      window,
      algorithm
    })
  )
  .prefault({})
  .describe('Named limits. A name is one bucket over all the rules that name it.')

export const listenerLimit = section({
  by: choice(['ip']).prefault('ip').describe('Always the address.'),
  requests,
  window,
  algorithm
})
  .optional()
  .describe('Counts every request before anything else is done: refusals and bad paths too.')

export const defaultLimits = z
  .array(givenName())
  .prefault([])
  .describe('Limits of every rule that does not say `limit`.')

const tolerance = choice(['refuse', 'allow'])
const tolerances = section({
  case: choice(['insensitive', 'sensitive'])
    .optional()
    .describe(
      'Whether the upstream tells `/A` from `/a`. With `insensitive` a path whose other-case spelling selects ' +
        'another rule is refused.'
    ),
  encoded_slash: tolerance.optional().describe('`%2F` in a path.'),
  semicolon: tolerance.optional().describe('`;` in a path.'),
  empty_segments: tolerance.optional().describe('`//` in a path.')
}).optional()

/** A timer of Node holds 31 bits of milliseconds, and fires at once beyond. */
const longestTimer = '24d'

export const upstreams = z
  .record(
    givenName(),
    section({
      ...endpoints,
      strip_prefix: literalPath().optional().describe('Whole segments taken off the path before it is forwarded.'),
      host: choice(['client', 'upstream'])
        .prefault('client')
        .describe('Which Host it is sent: the one the client named, or its own.'),
      timeout: duration({ most: longestTimer })
        .prefault('30s')
        .describe("How long until the response's header fields."),
      idle_timeout: duration({ most: longestTimer })
        .prefault('5m')
        .describe('How long a body or a stream may be silent.'),
      forward_authorization: flag().prefault(false).describe("Whether the client's Authorization field is passed on."),
      max_body: maxBody()
        .optional()
        .describe('The largest body it is sent; a larger one is refused. Default: `none`, of any size.'),
      paths: tolerances.describe('What it tolerates in paths. Default: `insensitive`, and `refuse` for the rest.'),
      websocket: websocket.describe('Whether WebSockets are forwarded, and how long each may go on. Default: `true`.')
    })
  )
  .refine((entries) => Object.keys(entries).length > 0, { error: 'must name at least one upstream' })
  .describe('The services behind the gateway, by name.')

export function method(): Leaf<string> {
  return textLeaf('a method such as GET', null, (written) => {
    if (METHODS.includes(written)) return written
    const upper = written.toUpperCase()
    return refuse(null, METHODS.includes(upper) ? `write ${upper}` : suggest(upper, METHODS))
  })
}

const rule = section({
  path: textLeaf('a pattern such as /api/**', null, (written) => written).describe(
    '`{name}` is one segment, `*` a run inside a segment, `**` any number of segments: `/api/**` covers `/api` too.'
  ),
  host: oneOrMany(host()).optional().describe('Only for these hosts. Default: every host.'),
  methods: listOf(method()).optional().describe('Only for these methods; GET covers HEAD. Default: every method.'),
  allow,
  to: givenName().optional().describe('The upstream. Required unless `allow: nobody`.'),
  limit: oneOrMany(givenName())
    .optional()
    .describe('The limits of this rule, instead of `default_limits`; `none` for no limit.'),
  max_body: maxBody().optional().describe("The largest body, instead of the upstream's `max_body`."),
  paths: tolerances.describe("Overrides the upstream's, key by key."),
  websocket: websocket.describe("Overrides the upstream's, key by key.")
})

export const rules = z
  .array(rule)
  .min(1, { error: 'must not be empty: nothing would be served' })
  .max(mostEntries)
  .describe(
    'Host, method and path choose the first rule that fits, top to bottom; its `allow` is then the verdict. ' +
      'What no rule covers is refused.'
  )
