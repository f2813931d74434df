import { existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { isatty } from 'node:tty'
import closeWithGrace from 'close-with-grace'
import fastify from 'fastify'
import {
  adminEndpoints,
  createMetrics,
  operatorEndpoints,
  operatorExplanationEndpoints,
  operatorKeyEndpoints
} from '../admin/index.js'
import { buildGateway, type Gateway } from '../app.js'
import { affordableConnections, readDescriptorLimit } from '../listener/index.js'
import type { Resources } from '../serving.js'
import type { Settings } from '../settings/index.js'
import { StoreRefused } from '../store/index.js'
import { AUTH_EVENTS, createRevocations, KeyRefused } from '../tokens/index.js'
import { createPasswordHasher, createUsers, UserMistake } from '../users/index.js'
import { wantsColor } from './color.js'
import { startExampleUpstream } from './example-upstream.js'
import { createFailureLog } from './failure-log.js'
import { Fault, faultOf } from './fault.js'
import { addFirstUsers, createPasswordRemoval, firstPasswordFile } from './first-users.js'
import { listenAt, refuseTaken } from './listening.js'
import { type Logs, openLogs } from './logs.js'
import { tendKeyrings } from './open-keyring.js'
import { openStoreOf } from './open-store-of.js'
import { operatorKeysOf } from './operator-keys.js'
import { claimDataDirectory, closeToOthers, type OperatorSocket } from './operator-socket.js'
import { type Environment, requireSettings } from './read-settings.js'
import { startReloading } from './reload.js'
import { startPruning } from './start-pruning.js'
import { openCertificate, tendCertificate } from './tend-certificate.js'
import { type OpenedSource, openUserSource } from './user-source.js'
import { showWelcome } from './welcome.js'

export interface RunOptions {
  readonly file: string
  readonly exampleUpstream: boolean
  readonly environment: Environment
}

/** Requests in flight have this long to finish after a signal; then their connections end. */
const DRAIN_MS = 10_000
/** What the process takes at most to end after a signal. */
const STOP_MS = DRAIN_MS + 5_000
/** With fewer, no great flood is needed. */
const FEW_CONNECTIONS = 1_000

/** What was opened so far, closed in reverse: a start that fails half-way leaves nothing behind. */
function createCleanup() {
  const steps: (() => unknown)[] = []
  return {
    add: (step: () => unknown) => steps.push(step),
    /** Every step is tried, whatever becomes of the others. */
    async run() {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step()
        } catch (error) {
          process.stderr.write(`portcullis: ${(error as Error).message}\n`)
        }
      }
    }
  }
}

type Cleanup = ReturnType<typeof createCleanup>

async function openResources(settings: Settings, logs: Logs, cleanup: Cleanup) {
  const { log, access, audit } = logs
  const store = await openStoreOf(settings)
  cleanup.add(() => store.close())
  const { keyring, assertionKeyring, close } = await tendKeyrings(settings, logs)
  cleanup.add(close)
  const { hash, password } = settings.users
  const source = await openUserSource(settings.users.source, log)
  if (source !== null) cleanup.add(() => source.directory.close())
  const directory = source?.directory ?? null
  const users = createUsers({ store: store.users, hasher: createPasswordHasher(hash), password, directory })
  const removePasswords = createPasswordRemoval(firstPasswordFile(settings.dataDirectory), (error) =>
    log.warn({ err: error }, 'the file with the first passwords could not be removed')
  )
  const resources: Resources = {
    store,
    users,
    keyring,
    assertionKeyring,
    revocations: createRevocations(await store.sessions.readRevocations(Math.floor(Date.now() / 1000))),
    metrics: createMetrics(AUTH_EVENTS),
    access,
    audit(event, fields) {
      audit({ event, ...fields })
      if (event === 'login') removePasswords()
    },
    failure: createFailureLog(log)
  }
  return { resources, source }
}

/** Whom the source changed or lost while nothing ran, from before the first request. */
async function followUsers({ users }: Resources, source: OpenedSource | null, { log }: Logs, cleanup: Cleanup) {
  await users.retireOthers()
  if (source !== null) cleanup.add(await source.follow(users, log))
}

/** The operator's door beside the public one: the admin port, and the verbs on a socket that only the owner opens. */
async function openAdmin(
  settings: Settings,
  gateway: Gateway,
  { metrics, keyring, assertionKeyring }: Resources,
  socket: OperatorSocket,
  cleanup: Cleanup
) {
  const admin = fastify({ logger: false, forceCloseConnections: true })
  await admin.register(adminEndpoints, { metrics, readReadiness: gateway.readReadiness })
  cleanup.add(() => admin.close())
  const url = await listenAt(admin, settings.admin.listen, 'the admin port')
  const operator = fastify({ logger: false, forceCloseConnections: true })
  const isMistake = (error: unknown) => error instanceof UserMistake || error instanceof KeyRefused
  const { operatorUsers: users, operatorAccounts: accounts, operatorPrincipals: principals } = gateway
  await operator.register(operatorEndpoints, { users, accounts, isMistake })
  await operator.register(operatorKeyEndpoints, { keys: operatorKeysOf(keyring, assertionKeyring), isMistake })
  await operator.register(operatorExplanationEndpoints, {
    principals,
    evidence: gateway.operatorEvidence,
    isMistake
  })
  cleanup.add(() => operator.close())
  try {
    await operator.listen({ path: socket.address })
    closeToOthers(socket)
  } catch (error) {
    throw faultOf(`the operator's socket ${socket.path} cannot be opened`, error)
  }
  return url
}

async function claim(dataDirectory: string): Promise<OperatorSocket> {
  try {
    return await claimDataDirectory(dataDirectory)
  } catch (error) {
    throw faultOf(`the data folder ${dataDirectory} cannot be used`, error)
  }
}

/** Starts everything, or throws a Fault with one clear line and leaves nothing running. */
async function open({ file, exampleUpstream, environment }: RunOptions, cleanup: Cleanup) {
  const example = exampleUpstream ? await startExampleUpstream() : null
  if (example !== null) cleanup.add(example.close)
  const variables = example === null ? environment : { PORTCULLIS_EXAMPLE_UPSTREAM: example.url, ...environment }
  const settings = await requireSettings(file, variables)
  // Asked first, because what follows makes files.
  await refuseTaken(settings.listen, 'the gateway')
  await refuseTaken(settings.admin.listen, 'the admin port')
  const socket = await claim(settings.dataDirectory)
  cleanup.add(socket.release)
  const logs = await openLogs(settings.logs)
  cleanup.add(logs.close)
  const { resources, source } = await openResources(settings, logs, cleanup)
  const shown = await openCertificate(settings)
  const gateway = await buildGateway(settings, resources, shown)
  await followUsers(resources, source, logs, cleanup)
  // The admin port goes last when stopping, so that it can tell that the gateway is draining.
  const adminUrl = await openAdmin(settings, gateway, resources, socket, cleanup)
  cleanup.add(() => gateway.close(DRAIN_MS))
  // Before the first request, so that whoever waits for the port can sign in.
  const passwordFile = firstPasswordFile(settings.dataDirectory)
  const firstUsers = await addFirstUsers({
    users: resources.users,
    environment,
    withDemo: exampleUpstream,
    passwordFile
  })
  const hasDemo = exampleUpstream && (await resources.users.list()).some(({ username }) => username === 'demo')
  const url = await listenAt(gateway.app, settings.listen, 'the gateway')
  const certificate = tendCertificate({ gateway, log: logs.log, certificate: shown })
  cleanup.add(certificate.close)
  const options = { file, environment: variables, settings, gateway, resources, certificate, logs }
  const reloading = await startReloading(options)
  cleanup.add(reloading.close)
  cleanup.add(startPruning(resources.store.sessions, (error) => resources.failure(error, {})))
  resources.metrics.noteReload(true, settings.revision)
  const onScreen = isatty(1) && firstUsers.some(({ generated }) => generated)
  return {
    settings,
    logs,
    url,
    adminUrl,
    example: example?.url ?? null,
    firstUsers,
    hasDemo,
    passwordFile: !onScreen && existsSync(passwordFile) ? passwordFile : null
  }
}

/** Says what weakens the gateway, once, at start. */
function warn({ listen, tls, trustedProxies, listener }: Settings, { log }: Logs): void {
  const { host } = listen
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (!loopback && tls === null && trustedProxies.length === 0) {
    log.warn(
      `listening on ${host} without TLS: say tls: { cert, key }, or put a proxy that ends TLS in front and name it in trusted_proxies`
    )
  }
  const affordable = affordableConnections(listener, readDescriptorLimit())
  if (affordable < listener.maxConnections) {
    const level = affordable < FEW_CONNECTIONS ? 'warn' : 'info'
    const fields = { affordable, wanted: listener.maxConnections }
    log[level](fields, 'fewer than listener.max_connections are let in: descriptors (ulimit -n) are too few')
  }
}

function announce(opened: Awaited<ReturnType<typeof open>>): void {
  const { settings, logs, url, adminUrl, passwordFile } = opened
  const terminal = isatty(1)
  // Standard output is the log's when nobody watches it; what is meant for a person goes beside it.
  const out = terminal ? process.stdout : process.stderr
  out.write(showWelcome({ ...opened, color: wantsColor(process.stdout, process.env) }))
  // Kept until here, so that a start that fails after the users were added does not lose their passwords.
  if (passwordFile === null) rmSync(firstPasswordFile(settings.dataDirectory), { force: true })
  const file = resolve(settings.file)
  logs.log.info({ url, admin: adminUrl, revision: settings.revision, file }, 'listening')
  if (passwordFile !== null)
    logs.log.info({ path: passwordFile }, 'the first passwords are in this file until the first login')
  warn(settings, logs)
}

/** Errors of our own opening that are one line for the operator already. */
function toFault(error: unknown): unknown {
  const known = error instanceof StoreRefused || error instanceof KeyRefused || error instanceof UserMistake
  return known ? new Fault(`portcullis: ${error.message}`) : error
}

/** Runs the gateway until a signal ends it. Rejects with a Fault when it cannot start. */
export async function runGateway(options: RunOptions): Promise<void> {
  // Whatever is written from here on, keys and logs and sockets, is its owner's alone.
  process.umask(0o077)
  const cleanup = createCleanup()
  const opening = open(options, cleanup)
  // From the start on: a signal amid opening is obeyed as soon as what is open can be closed in order.
  let ending = false
  const stopping = closeWithGrace(
    { delay: STOP_MS, logger: false, skip: ['SIGHUP', 'SIGTERM', 'beforeExit'] },
    async ({ signal = 'SIGTERM', err }) => {
      ending = true
      const log = (await opening.catch(() => null))?.logs.log
      if (err !== undefined) log?.fatal({ err }, 'stopping after an error nobody caught')
      else log?.info({ signal }, 'draining and stopping')
      await cleanup.run()
    }
  )
  // The library ends the process at a second signal, with all that drains. That is what SIGINT means when a person says
  // it twice; a supervisor that repeats its SIGTERM asks for nothing new.
  const terminate = () => {
    if (!ending) stopping.close()
  }
  process.on('SIGTERM', terminate)
  try {
    announce(await opening)
  } catch (error) {
    stopping.uninstall()
    process.off('SIGTERM', terminate)
    await cleanup.run()
    throw toFault(error)
  }
}
