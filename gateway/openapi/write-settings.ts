/** Operations → the text of a settings file with a rule for each, which a person reads and goes on with. */
import type { Operation, Server } from './operation.js'
import { orderOperations } from './order-operations.js'
import type { Api, Unwritten } from './read-api.js'
import { blockScalar, oneLine, scalar } from './scalar.js'
import { writeAllow } from './write-allow.js'

export interface WriteOptions {
  /** How the operator names the document and the file: shown in comments only. */
  readonly document: string
  readonly file: string
  /** A comment that leads an editor to the schema; null for none. */
  readonly schemaLine: string | null
}

const unknownOrigin = `\${API_URL:-http://127.0.0.1:9001}`

/** The same API and options always give the same text. */
export function writeSettings(api: Api, options: WriteOptions): string {
  const isSilent = api.operations.every(({ isStated }) => !isStated)
  const used = new Set(api.operations.map(({ server }) => server))
  return [
    ...(options.schemaLine === null ? [] : [options.schemaLine, '#']),
    ...writeHead(api, options, isSilent),
    '',
    'listen: 127.0.0.1:8080',
    ...writeAuth(api),
    '',
    'upstreams:',
    ...api.servers.filter(({ name }) => used.has(name)).flatMap(writeUpstream),
    '',
    '# Host, path and method choose the first rule that fits, top to bottom; its `allow` is then the verdict.',
    '# `{id}` is one segment, `*` a run inside a segment, `**` any number of segments; GET covers HEAD.',
    '# What no rule covers is refused.',
    'rules:',
    [
      ...orderOperations([...api.operations, ...api.overlaps]).map((operation) => writeRule(operation, isSilent)),
      ...api.unwritten.map(writeUnwritten)
    ].join('\n\n')
  ]
    .join('\n')
    .concat('\n')
}

const comment = (text: string) => `# ${oneLine(text)}`

function writeHead(api: Api, { document, file }: WriteOptions, isSilent: boolean): string[] {
  const needsScopes = api.operations.some(({ allow }) => allow.kind === 'any' && allow.of.some(({ scopes }) => scopes))
  return [
    comment(`A rule for each operation of ${oneLine(`${api.title} ${api.version}`, 60)}`),
    comment(`Made by \`portcullis init --openapi\` from ${oneLine(document, 70)}; yours from here on.`),
    '#',
    '# 1. Look at `upstreams`: where the service really listens.',
    '# 2. Look at each `allow`: anyone, authenticated, nobody, or who: { roles: [admin] }, { scopes: [read] }.',
    comment(`3. portcullis check ${oneLine(file, 40)} --openapi ${oneLine(document, 40)}`),
    '#    tells which operations the file forgets, or lets more people into than the document does.',
    ...(isSilent
      ? ['#', '# The document says nothing of security, so every operation asks for a token of someone signed in.']
      : []),
    ...(needsScopes
      ? [
          '#',
          '# Scopes are in tokens of `clients` and `issuers`. People who sign in here have roles: add { roles: [...] }.'
        ]
      : [])
  ]
}

/** The gateway's own endpoints must not stand in the way of the API's. */
function writeAuth({ operations }: Api): string[] {
  if (!operations.some(({ pattern }) => /^\/auth(\/|$)/i.test(pattern))) return []
  return [
    '',
    "# The API has paths under /auth itself, so the gateway's own endpoints (login, refresh, ...) stand elsewhere.",
    'auth: { prefix: /gateway-auth }'
  ]
}

function writeUpstream({ name, origin }: Server): string[] {
  const isHere = origin !== null && /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(origin)
  const url =
    origin === null
      ? `url: ${unknownOrigin} # the document does not say where the service listens`
      : `url: ${scalar(origin)} # as the document says; better where only the gateway can reach it`
  return [
    `  ${scalar(name)}:`,
    `    ${url}`,
    ...(origin === null || isHere
      ? []
      : ['    host: upstream # it is sent its own name, not the one that clients call'])
  ]
}

function writeRule(operation: Operation, isSilent: boolean): string {
  const { method, pattern, allow, server, isStated, notes } = operation
  const unsaid = isStated || isSilent ? [] : ['the document says nothing of security here']
  return [
    `  ${comment(titleOf(operation))}`,
    ...[...unsaid, ...notes].map((note) => `  # NOTE: ${oneLine(note, 100)}`),
    `  - path: ${blockScalar(pattern)}`,
    `    methods: [${method}]`,
    ...writeAllow(allow).map((line) => `    ${line}`),
    ...(allow.kind === 'nobody' ? [] : [`    to: ${scalar(server)}`])
  ].join('\n')
}

function titleOf({ id, summary, method, template }: Operation): string {
  if (summary === null) return id ?? `${method} ${template}`
  return id === null ? summary : `${oneLine(summary, 70)} (${oneLine(id, 50)})`
}

function writeUnwritten({ operation, because }: Unwritten): string {
  return [
    `  ${comment(titleOf(operation))}`,
    `  # NOTE: no rule is written for ${oneLine(`${operation.method} ${operation.template}`, 100)}`,
    `  # ${oneLine(because)}`
  ].join('\n')
}
