/** Users that a PostgreSQL database keeps. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { roleName } from './condition-schema.js'
import { type Finding, mistakeAt, mistakeAtKey, warningAt } from './findings.js'
import { secret } from './key-schema.js'
import { choice, count, duration, flag, text, textLeaf } from './leaves.js'
import { type PostgresAddress, readPostgresAddress } from './postgres-url.js'
import type { Draft } from './schema.js'
import { readSecret, type Secret, type SecretSource } from './secret.js'
import { section } from './sections.js'
import { filePath } from './target-leaves.js'

export interface PostgresServer extends Omit<PostgresAddress, 'password' | 'tls'> {
  readonly password: Secret | null
  /** null: the connection is not encrypted. */
  readonly tls: { readonly ca: string | null; readonly verifies: boolean } | null
}

export interface PostgresSource {
  readonly kind: 'postgres'
  readonly server: PostgresServer
  readonly users:
    | {
        readonly kind: 'django'
        readonly table: string
        readonly superuserRole: string | null
        readonly staffRole: string | null
        readonly updatesLastLogin: boolean
      }
    | { readonly kind: 'queries'; readonly byName: string; readonly byKey: string; readonly all: string | null }
  /** Group or role → role. */
  readonly roles: Readonly<Record<string, string>>
  readonly connections: number
  readonly timeoutMs: number
}

const query = () => textLeaf('a query such as select … from …', null, (written) => written.trim().replace(/;+$/, ''))

const tableName = text('a table such as auth_user', /^([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}$/)

export const postgres = section({
  url: secret.describe(`Of the database: usually \`\${DATABASE_URL}\`, or \`{ file: path }\`.`),
  preset: choice(['django'] as const)
    .optional()
    .describe('How the tables are laid out. Otherwise `query` and `by_key` say it.'),
  query: query().optional().describe('Finds a user by the name `$1`, in lower case.'),
  by_key: query().optional().describe('Finds a user by the key `$1`, with the same columns.'),
  all: query().optional().describe('Lists every user, with the same columns, for `user import --from-source`.'),
  table: tableName.optional().describe("With `preset`: the user model's table. Default: `auth_user`."),
  role_map: z
    .record(text('a group', /^[^\r\n]{1,150}$/), roleName)
    .prefault({})
    .describe('Group → role.'),
  superusers_as: roleName.optional().describe('With `preset`: a role for superusers.'),
  staff_as: roleName.optional().describe('With `preset`: a role for staff.'),
  update_last_login: flag()
    .optional()
    .describe('With `preset`: writes `last_login` at sign-in. Otherwise nothing is ever written.'),
  tls: section({
    ca: filePath().optional().describe("A file of certificates that the server's must come from."),
    insecure_skip_verify: flag().prefault(false).describe("Accepts any certificate of the server's.")
  })
    .prefault({})
    .describe('How the server proves who it is.'),
  pool: section({ max: count(100).prefault(10).describe('Connections at most.') })
    .prefault({})
    .describe('Connections to the database.'),
  timeout: duration({ least: '100ms', most: '30s' })
    .prefault('2s')
    .describe('How long one question may take, with the wait for a connection.')
})

type FilePostgres = z.output<typeof postgres>

const path = ['users', 'source', 'postgres']
const ofPreset = ['table', 'superusers_as', 'staff_as', 'update_last_login'] as const
const ofQueries = ['query', 'by_key', 'all'] as const

const draftOf = ({ users }: Draft) => {
  const source = users?.source
  return typeof source === 'object' ? source.postgres : undefined
}

export function coherentPostgres(draft: Draft): Finding[] {
  const written = draftOf(draft)
  if (written === undefined) return []
  const strays = 'preset' in written ? ofQueries : ofPreset
  const because = 'preset' in written ? 'stands beside preset' : 'goes with preset alone'
  const findings = strays.filter((key) => key in written).map((key) => mistakeAtKey([...path, key], because))
  if (written.tls?.insecure_skip_verify === true)
    findings.push(warningAt([...path, 'tls', 'insecure_skip_verify'], 'weakens the gateway'))
  if ('preset' in written) return findings
  for (const key of ['query', 'by_key'] as const) {
    const text = written[key]
    if (!(key in written)) findings.push(mistakeAt([...path, key], 'is missing', 'or write preset: django'))
    else if (text !== undefined && !/\$1(?!\d)/.test(text))
      findings.push(
        mistakeAt(
          [...path, key],
          'does not ask for $1',
          key === 'query' ? 'where lower(username) = $1' : 'where id = $1'
        )
      )
  }
  return findings
}

/** The database that the file names, if it can be used. */
export function readPostgresServer(
  draft: Draft,
  directory: string
): { readonly server: PostgresServer | null; readonly findings: readonly Finding[] } {
  const { url, tls: asked } = draftOf(draft) ?? {}
  const source = url === undefined ? null : sourceOf(url)
  if (source === null) return { server: null, findings: [] }
  const refuse = (message: string, hint: string | null = null) => {
    return { server: null, findings: [mistakeAt([...path, 'url'], message, hint)] }
  }
  const read = readSecret(source, directory)
  if ('fault' in read) return refuse(read.fault)
  const address = readPostgresAddress(read.reveal())
  if ('fault' in address) return refuse(address.fault, address.hint)
  const password = address.password === null ? null : readSecret({ text: address.password }, directory)
  if (password !== null && 'fault' in password) return refuse(password.fault)
  const { ca, insecure_skip_verify: anyCertificate } = asked ?? {}
  const tls = { ca: ca === undefined ? null : resolve(directory, ca), verifies: anyCertificate !== true }
  return { server: { ...address, password, tls: address.tls ? tls : null }, findings: [] }
}

function sourceOf(written: {
  readonly text?: string | undefined
  readonly file?: string | undefined
}): SecretSource | null {
  if (written.text !== undefined) return { text: written.text }
  return written.file === undefined ? null : { file: written.file }
}

export function buildPostgres(file: FilePostgres, server: PostgresServer): PostgresSource {
  return {
    kind: 'postgres',
    server,
    users:
      file.preset === 'django'
        ? {
            kind: 'django',
            table: file.table ?? 'auth_user',
            superuserRole: file.superusers_as ?? null,
            staffRole: file.staff_as ?? null,
            updatesLastLogin: file.update_last_login ?? false
          }
        : { kind: 'queries', byName: file.query ?? '', byKey: file.by_key ?? '', all: file.all ?? null },
    roles: file.role_map,
    connections: file.pool.max,
    timeoutMs: file.timeout
  }
}
