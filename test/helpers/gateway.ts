import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createMetrics } from '../../gateway/admin/index.js'
import { buildGateway, type Gateway } from '../../gateway/app.js'
import { openAssertionKeyring } from '../../gateway/cli/open-keyring.js'
import type { Scalar, User } from '../../gateway/domain.js'
import { findExcess, readPattern } from '../../gateway/policy/index.js'
import type { Resources } from '../../gateway/serving.js'
import { formatMistake, parseSettings, type Settings } from '../../gateway/settings/index.js'
import { openStore, type Store } from '../../gateway/store/index.js'
import { AUTH_EVENTS, createKeyring, createRevocations } from '../../gateway/tokens/index.js'
import { createPasswordHasher, createUsers } from '../../gateway/users/index.js'

export const PASSWORD = 'correct horse battery'

/** A password hash as cheap as argon2 allows: tests sign in often. */
export const cheapHasher = () => createPasswordHasher({ memoryKib: 8, passes: 1, parallelism: 1 })

export interface TestUser {
  readonly username: string
  readonly roles?: readonly string[]
  readonly attributes?: Readonly<Record<string, Scalar>>
}

export interface TestGateway {
  readonly url: string
  readonly port: number
  readonly gateway: Gateway
  readonly settings: Settings
  readonly resources: Resources
  /** Lines of the access log and of the audit stream, in the order they were written. */
  readonly access: Record<string, unknown>[]
  readonly audit: { readonly event: string; readonly fields: Record<string, unknown> }[]
  readonly failures: unknown[]
  /** Adds a user whose password is PASSWORD. */
  readonly addUser: (user: TestUser) => Promise<User>
  /** Signs in over HTTP. */
  readonly login: (username: string, password?: string) => Promise<Tokens>
  readonly reload: (yaml: string) => void
  /** Stops this one and starts another on the same folder: what was kept in files is there, what was in memory is not. */
  readonly restart: (changed?: string) => Promise<TestGateway>
}

export interface GatewayOptions {
  /** Puts something in front of the store: one that fails. */
  readonly wrapStore?: (store: Store) => Store
  /** Puts something in the place of what the gateway was about to be given: users that count. */
  readonly adapt?: (resources: Resources) => Resources
}

export interface Tokens {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly refresh_expires_in: number
}

/** Settings of a YAML text, or an error that lists its mistakes. Relative paths lie in `directory`. */
export function settingsOf(yaml: string, directory: string, environment: Record<string, string> = {}): Settings {
  const result = parseSettings(join(directory, 'gateway.yaml'), yaml, environment, { findExcess, readPattern })
  if ('settings' in result) return result.settings
  throw new Error(result.mistakes.map(formatMistake).join('\n'))
}

/** A gateway in this process on a free port, with a store in memory unless `yaml` names one; it goes with the test. */
export function startGateway(
  t: Test,
  yaml: string,
  users: readonly TestUser[] = [],
  options: GatewayOptions = {}
): Promise<TestGateway> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return startGatewayIn(directory, t, yaml, users, options)
}

async function startGatewayIn(
  directory: string,
  t: Test,
  yaml: string,
  users: readonly TestUser[],
  options: GatewayOptions
): Promise<TestGateway> {
  const { wrapStore = (store) => store, adapt = (resources) => resources } = options
  const settings = settingsOf(yaml, directory)
  const opened = await openStore({
    path: settings.store.kind === 'sqlite' && yaml.includes('store:') ? settings.store.path : null
  })
  const store = wrapStore(opened)
  const access: Record<string, unknown>[] = []
  const audit: { event: string; fields: Record<string, unknown> }[] = []
  const failures: unknown[] = []
  const resources = adapt({
    store,
    users: createUsers({ store: store.users, hasher: cheapHasher(), password: settings.users.password }),
    keyring: await createKeyring(settings.tokens.keys, settings.tokens.algorithm),
    assertionKeyring: await openAssertionKeyring(settings, {}),
    revocations: createRevocations(await store.sessions.readRevocations(Math.floor(Date.now() / 1000))),
    metrics: createMetrics(AUTH_EVENTS),
    access: (line) => access.push(line),
    audit: (event, fields) => audit.push({ event, fields }),
    failure: (error) => failures.push(error)
  })
  const gateway = await buildGateway(settings, resources)
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  let stopped: Promise<void> | null = null
  const stop = () => {
    stopped ??= gateway.close(1_000).then(() => opened.close())
    return stopped
  }
  t.teardown(stop)
  const addUser = ({ username, roles = [], attributes = {} }: TestUser) =>
    gateway.operatorUsers.add({ username, password: PASSWORD, roles, attributes })
  for (const user of users) await addUser(user)
  return {
    url,
    port: (gateway.app.server.address() as AddressInfo).port,
    gateway,
    settings,
    resources,
    access,
    audit,
    failures,
    addUser,
    reload: (changed) => gateway.reload(settingsOf(changed, directory)),
    async restart(changed = yaml) {
      await stop()
      return startGatewayIn(directory, t, changed, [], options)
    },
    async login(username, password = PASSWORD) {
      const response = await post(`${url}/auth/login`, { username, password })
      if (response.status !== 200) throw new Error(`login: ${response.status} ${await response.text()}`)
      return (await response.json()) as Tokens
    }
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Posts JSON. */
export const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body)
  })

/** Status and code of a refusal, as one word to compare: `401 invalid_token`; of a success, its status. */
export async function verdictOf(response: Response): Promise<string> {
  const text = await response.text()
  if (response.status < 400) return String(response.status)
  return `${response.status} ${(JSON.parse(text) as { code?: string }).code}`
}
