/** A gateway of the attack's own: made of a settings file, with recorders in place of the upstreams, and gone after it. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMetrics } from '../../admin/index.js'
import { buildGateway, type Gateway } from '../../app.js'
import {
  type Account,
  createSigner,
  type Door,
  type Forgery,
  type Ground,
  openToken,
  type Position,
  type PositionName,
  signIn,
  startRecorder
} from '../../attack/index.js'
import type { Resources } from '../../serving.js'
import type { Settings } from '../../settings/index.js'
import { openStore } from '../../store/index.js'
import { AUTH_EVENTS, createKeyring, createRevocations } from '../../tokens/index.js'
import { createPasswordHasher, createUsers } from '../../users/index.js'
import { openAssertionKeyring } from '../open-keyring.js'
import { choosePlaces, type Places, type Roles } from './places.js'

export interface OwnGround {
  readonly ground: Ground
  readonly close: () => Promise<void>
}

/** RFC 5737: no address of ours, so that nobody who attacks is trusted to be a proxy. */
const NOBODY = '192.0.2.1'
/** A guess costs next to nothing here: it is counted all the same. */
const CHEAP_HASH = { memoryKib: 8, passes: 1, parallelism: 1 }
const MOST_GUESSES = 20
const PLENTY = 1_000_000

const keysIn = (path: string) => ({ kind: 'directory', path, rotateEveryMs: null, publishBeforeMs: 0 }) as const

/**
 * The settings as they serve, but for what would leave this process or hold up a single client: upstreams are recorders,
 * limits do not count, no proxy is trusted from here, and no other issuer is asked for its keys.
 */
function onOwnGround(settings: Settings, recorder: string, folder: string): Settings {
  const { upstreams, rules, users, forwardAuth, identity } = settings
  const { login } = users
  return {
    ...settings,
    listen: { host: '127.0.0.1', port: 0 },
    trustedProxies: [],
    tls: null,
    forwardAuth: forwardAuth === null ? null : { ...forwardAuth, from: [NOBODY] },
    issuers: {},
    limits: {},
    listenerLimit: null,
    shadow: null,
    identity: {
      ...identity,
      assertion: identity.assertion && { ...identity.assertion, keys: keysIn(join(folder, 'assertion')) }
    },
    rules: rules.map((rule) => ({ ...rule, limits: [] })),
    upstreams: Object.fromEntries(
      Object.entries(upstreams).map(([name, upstream]) => [
        name,
        { ...upstream, origins: [recorder], health: null, ejection: null, retries: { attempts: 0, budget: 0 } }
      ])
    ),
    users: {
      ...users,
      source: { kind: 'store' },
      hash: CHEAP_HASH,
      login: {
        ...login,
        perAccountAndNetwork: Math.min(login.perAccountAndNetwork, MOST_GUESSES),
        perNetwork: PLENTY
      }
    }
  }
}

async function openResources(settings: Settings, folder: string): Promise<Resources> {
  const { tokens, users } = settings
  const store = await openStore({ path: null })
  return {
    store,
    users: createUsers({ store: store.users, hasher: createPasswordHasher(users.hash), password: users.password }),
    keyring: await createKeyring(keysIn(join(folder, 'keys')), tokens.algorithm, { accessMs: tokens.accessMs }),
    assertionKeyring: await openAssertionKeyring(settings, {}),
    revocations: createRevocations(await store.sessions.readRevocations(Math.floor(Date.now() / 1000))),
    metrics: createMetrics(AUTH_EVENTS),
    access: () => {},
    audit: () => {},
    failure: () => {}
  }
}

/** Errors that nobody catches would end a gateway; here they are kept, so that the attack can tell of them. */
function watchCrashes() {
  let crashes: unknown[] = []
  const note = (error: unknown) => crashes.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  return {
    take() {
      const taken = crashes
      crashes = []
      return taken
    },
    stop() {
      process.off('uncaughtException', note)
      process.off('unhandledRejection', note)
    }
  }
}

/** Adds somebody with these roles and signs in as them, over the door. */
async function enter({ operatorUsers }: Gateway, door: Door, endpoint: Pick<Position, 'host' | 'path'>, roles: Roles) {
  const username = `attack-${randomBytes(4).toString('hex')}`
  const password = randomBytes(24).toString('base64url')
  await operatorUsers.add({ username, password, roles: [...roles], attributes: {} })
  const tokens = await signIn(door, endpoint, { username, password })
  if (tokens === null) throw new Error('a user of the attack could not sign in')
  return { account: { username, password, refreshToken: tokens.refresh } satisfies Account, token: tokens.access }
}

function placed(places: Places, tokens: Readonly<Partial<Record<PositionName, string>>>): Ground['positions'] {
  const all = Object.entries(places.positions) as [PositionName, Omit<Position, 'token'>][]
  return Object.fromEntries(all.map(([name, place]) => [name, { ...place, token: tokens[name] ?? null }]))
}

/** Starts it on a free port; `path`: the protected path, null: the most telling one of the rules. */
export async function startOwnGateway(settings: Settings, path: string | null): Promise<OwnGround> {
  const opened: (() => unknown)[] = []
  async function close(): Promise<void> {
    for (let step = opened.pop(); step !== undefined; step = opened.pop()) await step()
  }
  try {
    return { ground: await openGround(settings, path, opened), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What it opens it adds to `opened`, as what closes it. */
async function openGround(settings: Settings, path: string | null, opened: (() => unknown)[]): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-attack-'))
  opened.push(() => rmSync(folder, { recursive: true, force: true }))
  const recorder = await startRecorder()
  opened.push(recorder.close)
  const served = onOwnGround(settings, recorder.url, folder)
  const resources = await openResources(served, folder)
  opened.push(() => resources.store.close())
  const gateway = await buildGateway(served, resources)
  opened.push(() => gateway.close(0))
  const crashes = watchCrashes()
  opened.push(crashes.stop)
  const url = new URL(await gateway.app.listen({ host: '127.0.0.1', port: 0 }))
  const door = { host: url.hostname, port: Number(url.port), tls: url.protocol === 'https:', verify: false }
  const places = choosePlaces(served, url.host, path)
  const { endpoint } = places.positions
  if (endpoint === undefined) throw new Error('there is no endpoint to sign in at')
  const low = await enter(gateway, door, endpoint, places.low)
  const high = await enter(gateway, door, endpoint, places.high)
  return {
    door,
    positions: placed(places, { 'user-refused': low.token, 'user-passes': low.token, 'token-passes': high.token }),
    open: places.open,
    prefix: served.auth.prefix,
    forgery: forgeryWith(high.token, resources.keyring),
    account: low.account,
    identityNames: Object.keys(served.identity.headers),
    takeArrivals: recorder.take,
    tellsCasesApart: served.rules.some(({ paths }) => paths.case === 'sensitive'),
    takeCrashes: crashes.take
  }
}

function forgeryWith(genuine: string, keyring: Resources['keyring']): Forgery {
  const said = openToken(genuine)
  if (said === null) throw new Error('a token of the gateway cannot be read')
  const { signingKey, algorithm } = keyring.signing()
  return { ...said, genuine, keys: keyring.jwks().keys, sign: createSigner(algorithm, signingKey) }
}
