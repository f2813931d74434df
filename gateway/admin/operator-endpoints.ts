import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { DirectoryUser, ImportOutcome, Scalar, User } from '../domain.js'
import { type OperatorAccounts, operatorAccountEndpoints } from './operator-accounts.js'
import { operatorErrors, parseBody } from './operator-requests.js'

/** What an operator does to users; each rejects with an error whose message is one line for the operator. */
export interface OperatorUsers {
  readonly list: () => Promise<readonly User[]>
  readonly add: (user: NewOperatorUser) => Promise<User>
  /** Users of another program, hashes and all; what became, or would become, of each, in their order. */
  readonly import: (users: readonly DirectoryUser[], manner: ImportManner) => Promise<readonly ImportedUser[]>
  readonly setPassword: (username: string, password: string) => Promise<User>
  readonly setRoles: (username: string, roles: readonly string[]) => Promise<User>
  /** Null forgets the attribute. */
  readonly setAttributes: (username: string, changes: Readonly<Record<string, Scalar | null>>) => Promise<User>
  readonly setDisabled: (username: string, disabled: boolean) => Promise<User>
}

export interface ImportManner {
  readonly overwrites: boolean
  /** Nothing is written. */
  readonly foresees: boolean
}

export interface ImportedUser {
  readonly username: string
  readonly outcome: ImportOutcome | 'refused'
  /** Why it was refused. */
  readonly why?: string
  /** Whether no password fits what was kept. */
  readonly passwordless?: boolean
}

export interface NewOperatorUser {
  readonly username: string
  readonly password: string
  readonly roles: readonly string[]
  readonly attributes: Readonly<Record<string, Scalar>>
}

export interface OperatorOptions {
  readonly users: OperatorUsers
  readonly accounts: OperatorAccounts
  /** Whether an error's message was written for the operator; others are failures of ours. */
  readonly isMistake: (error: unknown) => boolean
}

// Nothing is coerced and nothing ignored: `"false"` is not taken for a boolean, nor one role for a list of them.
const roles = z.array(z.string())
const scalar = z.union([z.string(), z.number(), z.boolean()])
const attributes = z.record(z.string(), scalar)
const newUser = z.strictObject({ username: z.string(), password: z.string(), roles, attributes })
const importedUsers = z.strictObject({
  overwrites: z.boolean(),
  foresees: z.boolean().default(false),
  users: z.array(
    z.strictObject({
      key: z.string(),
      username: z.string(),
      passwordHash: z.string().nullable(),
      roles,
      attributes,
      disabled: z.boolean()
    })
  )
})
const passwordChange = z.strictObject({ password: z.string() })
const rolesChange = z.strictObject({ roles })
const attributesChange = z.strictObject({ changes: z.record(z.string(), scalar.nullable()) })
const disabledChange = z.strictObject({ disabled: z.boolean() })

interface Named {
  Params: { username: string }
}

/**
 * The operator's verbs, for the command beside a running gateway. They are served on a unix socket that only its
 * owner can open: whoever reaches it could read the store itself.
 */
export async function operatorEndpoints(
  app: FastifyInstance,
  { users, accounts, isMistake }: OperatorOptions
): Promise<void> {
  app.setErrorHandler(operatorErrors(isMistake))
  await app.register(operatorAccountEndpoints, { accounts })
  app.get('/api/users', async () => ({ users: await users.list() }))
  app.post('/api/users', async (request, reply) => reply.code(201).send(await users.add(parseBody(newUser, request))))
  app.post('/api/users/import', async (request) => {
    const { users: imported, ...manner } = parseBody(importedUsers, request)
    return { imported: await users.import(imported, manner) }
  })
  app.put<Named>('/api/users/:username/password', async (request) =>
    users.setPassword(request.params.username, parseBody(passwordChange, request).password)
  )
  app.put<Named>('/api/users/:username/roles', async (request) =>
    users.setRoles(request.params.username, parseBody(rolesChange, request).roles)
  )
  app.put<Named>('/api/users/:username/attributes', async (request) =>
    users.setAttributes(request.params.username, parseBody(attributesChange, request).changes)
  )
  app.put<Named>('/api/users/:username/disabled', async (request) =>
    users.setDisabled(request.params.username, parseBody(disabledChange, request).disabled)
  )
}
