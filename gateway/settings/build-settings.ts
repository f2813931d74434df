/** File settings without a mistake → Settings: names and units of the code, paths absolute, everything frozen. */
import { dirname, join, resolve } from 'node:path'
import type { Limit, PathTolerance, Rule } from '../domain.js'
import { readAccounts } from './accounts.js'
import { readCookies, readCors } from './browsers.js'
import { mapValues, readAllow } from './build-allow.js'
import { buildClient } from './build-client.js'
import { readIdentity } from './build-identity.js'
import { readIssuer } from './build-issuers.js'
import { readKeys } from './build-keys.js'
import { buildUpstream } from './build-upstream.js'
import type { Pattern } from './coherent-rules.js'
import { readListener, readTls } from './listener.js'
import { readAssertion } from './policy-assertions.js'
import { readTest } from './policy-tests.js'
import type { PostgresServer } from './postgres-schema.js'
import type { FileSettings } from './schema.js'
import type { Secret } from './secret.js'
import type { Address, LogTarget, Settings, StoreTarget, TokenSettings, Upstream, UpstreamTls } from './settings.js'
import { readSimpleJwt } from './simplejwt.js'
import { readWebSocket } from './websocket-schema.js'

export interface Surroundings {
  readonly revision: string
  readonly file: string
  readonly directory: string
  readonly secret: Secret | null
  readonly simpleJwtSecret: Secret | null
  /** By client. */
  readonly clientSecrets: ReadonlyMap<string, readonly Secret[]>
  /** By upstream. */
  readonly upstreamFiles: ReadonlyMap<string, Pick<UpstreamTls, 'ca' | 'cert' | 'key'>>
  readonly userDatabase: PostgresServer | null
  readonly patterns: readonly (Pattern | null)[]
  /** The canonical spelling of a pattern that can be read. */
  readonly canonical: (pattern: string) => string
  readonly lineOf: (list: 'rules' | 'assertions' | 'tests', index: number) => number
}

export function buildSettings(file: FileSettings, surroundings: Surroundings): Settings {
  const { directory } = surroundings
  const store = readStore(file.store, directory)
  const dataDirectory = store.kind === 'sqlite' ? dirname(store.path) : join(directory, 'data')
  const tokens = readTokens(file, surroundings)
  const upstreams = mapValues(file.upstreams, (upstream, name) =>
    buildUpstream(name, upstream, readTolerance(upstream.paths, strictest), surroundings.upstreamFiles.get(name))
  )
  const rules = file.rules.map((rule, index) => readRule(rule, index, file, upstreams, surroundings))
  const settings: Settings = {
    revision: surroundings.revision,
    file: surroundings.file,
    directory,
    listen: file.listen,
    publicUrl: file.public_url ?? null,
    tls: readTls(file, directory),
    listener: readListener(file),
    trustedProxies: file.trusted_proxies,
    admin: { listen: file.admin.listen },
    publicHealth: file.public_health ?? null,
    store,
    dataDirectory,
    logs: { access: readLog(file.logs.access, directory), audit: readLog(file.logs.audit, directory) },
    auth: { prefix: file.auth.prefix, hosts: file.auth.hosts ?? null },
    cors: readCors(file),
    forwardAuth:
      file.forward_auth === undefined ? null : { modes: file.forward_auth.mode, from: file.forward_auth.from },
    tokens,
    simpleJwt: readSimpleJwt(file, tokens.issuer, { secret: surroundings.simpleJwtSecret, directory }),
    clients: mapValues(file.clients, (client, id) => {
      return buildClient(id, client, surroundings.clientSecrets.get(id) ?? [], file.tokens.access)
    }),
    users: readAccounts(file.users, directory, surroundings.userDatabase),
    issuers: mapValues(file.issuers, (issuer, name) => readIssuer(name, issuer)),
    identity: readIdentity(file, tokens.keys, dataDirectory, directory),
    limits: mapValues(file.limits, (limit, name) => readLimit(name, limit)),
    listenerLimit: file.listener_limit === undefined ? null : readLimit('listener', file.listener_limit),
    upstreams,
    rules,
    assertions: file.assertions.map((assertion, index) =>
      readAssertion(assertion, index, surroundings.lineOf('assertions', index), surroundings.canonical)
    ),
    tests: file.tests.map((_test, index) => readTest(file, index, rules, surroundings.lineOf('tests', index))),
    shadow: file.shadow === undefined ? null : resolve(directory, file.shadow)
  }
  return freeze(settings)
}

function readStore(store: StoreTarget, directory: string): StoreTarget {
  return store.kind === 'sqlite' ? { kind: 'sqlite', path: resolve(directory, store.path) } : store
}

function readLog(target: LogTarget, directory: string): LogTarget {
  return target.kind === 'file' ? { kind: 'file', path: resolve(directory, target.path) } : target
}

function readTokens(file: FileSettings, { secret, directory }: Surroundings): TokenSettings {
  const { tokens } = file
  const issuer =
    tokens.issuer ?? file.public_url ?? `${file.tls === undefined ? 'http' : 'https'}://${writeAddress(file.listen)}`
  return {
    issuer,
    audience: tokens.audience ?? [issuer],
    algorithm: tokens.algorithm,
    keys: readKeys(tokens.keys, secret, directory),
    accessMs: tokens.access,
    refresh: {
      idleMs: tokens.refresh.idle,
      absoluteMs: tokens.refresh.absolute,
      reuseGraceMs: tokens.refresh.reuse_grace
    },
    claims: mapValues(tokens.claims, (attribute) => attribute),
    cookies: readCookies(file)
  }
}

function writeAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function readLimit(name: string, limit: Omit<FileSettings['limits'][string], 'by'> & { by: Limit['by'] }): Limit {
  const { by, requests, window, algorithm } = limit
  return { name, by, requests, windowMs: window, algorithm }
}

const strictest: PathTolerance = {
  case: 'insensitive',
  encodedSlash: 'refuse',
  semicolon: 'refuse',
  emptySegments: 'refuse'
}

function readTolerance(paths: FileSettings['rules'][number]['paths'], otherwise: PathTolerance): PathTolerance {
  return {
    case: paths?.case ?? otherwise.case,
    encodedSlash: paths?.encoded_slash ?? otherwise.encodedSlash,
    semicolon: paths?.semicolon ?? otherwise.semicolon,
    emptySegments: paths?.empty_segments ?? otherwise.emptySegments
  }
}

const readMost = (most: number | 'none' | undefined) => (most === undefined || most === 'none' ? null : most)

function readRule(
  rule: FileSettings['rules'][number],
  index: number,
  file: FileSettings,
  upstreams: Readonly<Record<string, Upstream>>,
  { patterns, lineOf }: Surroundings
): Rule {
  const upstream = rule.to === undefined ? undefined : upstreams[rule.to]
  const written = rule.to === undefined ? undefined : file.upstreams[rule.to]
  const limits = rule.limit ?? file.default_limits
  return {
    index,
    line: lineOf('rules', index),
    path: patterns[index]?.path ?? rule.path,
    hosts: rule.host ?? null,
    methods: rule.methods ?? null,
    allow: readAllow(rule.allow),
    upstream: rule.to ?? null,
    limits: limits.filter((name, place) => name !== 'none' && limits.indexOf(name) === place),
    paths: readTolerance(rule.paths, upstream?.paths ?? strictest),
    websocket: readWebSocket(rule.websocket, upstream?.websocket),
    maxBody: readMost(rule.max_body ?? written?.max_body)
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
