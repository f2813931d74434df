import { existsSync } from 'node:fs'
import { generateKeyText } from './algorithms.js'
import { canSign, type Key, KeyRefused, type SigningKey } from './key.js'
import {
  type FolderContent,
  fingerprintFolder,
  keyFileName,
  makeFolder,
  readFolder,
  sweepFolder,
  writeIndex,
  writeKey
} from './key-folder.js'
import { advance, type KeyEntry, type Order, type PresentKey, type Schedule } from './key-schedule.js'
import {
  KEY_SET_MAX_AGE,
  type KeyEvent,
  type Keyring,
  type KeyringOptions,
  type KeySet,
  type KeyStatus,
  keySetOf,
  statusOf
} from './keyring.js'
import { readKeyText } from './read-key.js'

interface Snapshot {
  readonly entries: readonly KeyEntry[]
  readonly keys: ReadonlyMap<string, Key>
  readonly signing: SigningKey
  readonly current: KeyEntry
  readonly jwks: KeySet
}

/** Times are written down in whole seconds, and gateways that share the folder publish what lies there a second later. */
const SLACK_SECONDS = 2

/** Losing so often to other writers means that something else is wrong. */
const MOST_ATTEMPTS = 50

const seconds = () => Math.floor(Date.now() / 1000)

const isSame = (a: Key, b: Key) =>
  a.algorithm === b.algorithm &&
  String(a.signingKey) === String(b.signingKey) &&
  a.verifyingKey.toString() === b.verifyingKey.toString()

/** The keys in force. A key that stays is the same object: what was verified with it is remembered on. */
function takeSnapshot(entries: readonly KeyEntry[], { files }: FolderContent, before: Snapshot | null): Snapshot {
  const read = new Map(files.map(({ key }) => [key.keyId, key]))
  const keys = new Map<string, Key>()
  for (const { keyId, state } of entries) {
    if (state === 'retired') continue
    const held = before?.keys.get(keyId)
    const found = read.get(keyId) ?? held
    if (found !== undefined) keys.set(keyId, held !== undefined && isSame(held, found) ? held : found)
  }
  const current = entries.find(({ state }) => state === 'current')
  const signing = keys.get(current?.keyId ?? '')
  if (current === undefined || signing === undefined || !canSign(signing))
    throw new KeyRefused('the key that should sign is not here with its private part')
  return { entries, keys, signing, current, jwks: keySetOf(keys.values()) }
}

const presentIn = (keys: readonly Key[]): PresentKey[] =>
  keys.map((key) => ({ keyId: key.keyId, algorithm: key.algorithm, signs: canSign(key) }))

/** What became of the keys between two snapshots. */
function changesBetween(before: Snapshot, after: Snapshot): KeyEvent[] {
  const event = (name: KeyEvent['event'], { keyId, algorithm }: { keyId: string; algorithm: Key['algorithm'] }) => ({
    event: name,
    keyId,
    algorithm
  })
  const events: KeyEvent[] = []
  for (const key of after.keys.values()) if (!before.keys.has(key.keyId)) events.push(event('key_published', key))
  if (after.signing.keyId !== before.signing.keyId)
    events.push({ ...event('key_rotated', after.signing), previous: before.signing.keyId })
  for (const key of before.keys.values()) if (!after.keys.has(key.keyId)) events.push(event('key_retired', key))
  return events
}

function statusIn({ keys }: Pick<Snapshot, 'keys'>, entry: KeyEntry): KeyStatus {
  const { state, publishedAt, activatedAt, promoteAt, until } = entry
  const key = keys.get(entry.keyId)
  const shown =
    key === undefined
      ? { keyId: entry.keyId, algorithm: entry.algorithm, jwk: null, publicPem: null }
      : statusOf(key, state)
  return { ...shown, state, publishedAt, activatedAt, promoteAt, until }
}

/** Writes a new key into the folder, where it is taken up like any other that lies there. */
async function putNewKey(path: string, { algorithm }: Schedule): Promise<void> {
  const text = await generateKeyText(algorithm)
  const { keyId } = readKeyText(Buffer.from(text), keyFileName('new', algorithm), null)
  writeKey(path, keyFileName(keyId, algorithm), text)
}

/** The keys of a folder, without touching it: for whoever only wants to see them. Throws KeyRefused. */
export function listFolder(path: string): readonly KeyStatus[] {
  const { entries, files } = existsSync(path) ? readFolder(path) : { entries: null, files: [] }
  if (entries === null) throw new KeyRefused(`no gateway has made or used keys in ${path} yet`)
  const keys = new Map(files.map(({ key }) => [key.keyId, key]))
  return entries.map((entry) => statusIn({ keys }, entry))
}

/** The live keyring of a folder. */
export async function openFolderKeyring(path: string, options: KeyringOptions, initial: Schedule): Promise<Keyring> {
  let schedule = initial
  let snapshot: Snapshot | null = null
  let seen = ''
  let work: Promise<unknown> = Promise.resolve()

  function held(): Snapshot {
    if (snapshot === null) throw new KeyRefused(`the keys in ${path} are not open`)
    return snapshot
  }

  function take(entries: readonly KeyEntry[], content: FolderContent): void {
    const before = snapshot
    snapshot = takeSnapshot(entries, content, before)
    if (before !== null) for (const event of changesBetween(before, snapshot)) options.report?.(event)
  }

  /** Whether time alone asks for a change. */
  function isDue(): boolean {
    const { entries, keys } = held()
    const present = presentIn([...keys.values()])
    const advice = advance({
      entries,
      present,
      complete: false,
      starting: false,
      schedule,
      order: null,
      now: seconds()
    })
    return 'lacking' in advice || JSON.stringify(advice.entries) !== JSON.stringify(entries)
  }

  /** One try to bring the folder to what it should be: nothing in here waits, so nothing in this process comes between. */
  function settleOnce(order: Order | null): 'done' | 'lacking' | 'overtaken' {
    const content = readFolder(path)
    const starting = snapshot === null
    const [refused] = content.refused
    if (refused !== undefined) {
      if (starting) throw refused
      options.onFailure?.(refused)
    }
    const advice = advance({
      entries: content.entries,
      present: presentIn(content.files.map(({ key }) => key)),
      complete: refused === undefined,
      starting,
      schedule,
      order,
      now: seconds()
    })
    if ('lacking' in advice) return 'lacking'
    const { entries } = advice
    const unchanged = JSON.stringify(entries) === JSON.stringify(content.entries)
    if (!unchanged && !writeIndex(path, content.number, entries)) return 'overtaken'
    take(entries, content)
    try {
      sweepFolder(path, { ...content, number: unchanged ? content.number : content.number + 1, entries })
    } catch (error) {
      // What is obsolete is obsolete by the index, whether or not its file could be removed.
      options.onFailure?.(error)
    }
    return 'done'
  }

  async function settle(order: Order | null): Promise<void> {
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
      const outcome = settleOnce(order)
      if (outcome === 'done') return
      if (outcome === 'lacking') await putNewKey(path, schedule)
    }
    throw new KeyRefused(`the keys in ${path} are changed by others all the time`)
  }

  /** One after the other: two rotations at once would make two keys. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = work.then(act)
    work = done.catch(() => {})
    return done
  }

  function statusFor(keyId: string): KeyStatus {
    const entry = held().entries.find((one) => one.keyId === keyId)
    if (entry === undefined) throw new KeyRefused(`there is no key ${keyId}`)
    return statusIn(held(), entry)
  }

  makeFolder(path)
  await settle(null)

  return {
    signing: () => held().signing,
    signingSince: () => held().current.activatedAt,
    find: (keyId) => held().keys.get(keyId) ?? null,
    jwks: () => held().jwks,
    // A set fetched just before the next key was published must be stale when that key begins to sign.
    keySetMaxAge: Math.min(KEY_SET_MAX_AGE, Math.max(0, schedule.publishBeforeSeconds - SLACK_SECONDS)),
    coverLifetime(lifetimeSeconds) {
      schedule = { ...schedule, lifetimeSeconds }
      try {
        for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
          if (held().current.lifetimeSeconds >= lifetimeSeconds || settleOnce(null) === 'lacking') break
        }
      } catch (error) {
        options.onFailure?.(error)
      }
      return Math.min(lifetimeSeconds, held().current.lifetimeSeconds)
    },
    list: () => held().entries.map((entry) => statusIn(held(), entry)),
    rotate: (now) =>
      inTurn(async () => {
        await settle({ verb: 'rotate', now })
        const next = held().entries.filter(({ promoteAt }) => promoteAt !== null)
        return statusFor((next.toSorted((a, b) => (a.promoteAt ?? 0) - (b.promoteAt ?? 0))[0] ?? held().current).keyId)
      }),
    retire: (keyId, now) =>
      inTurn(async () => {
        await settle(null)
        const { state } = statusFor(keyId)
        if (state === 'retired') throw new KeyRefused(`the key ${keyId} is retired already`)
        if (state === 'current' && !now)
          throw new KeyRefused(`the key ${keyId} signs: rotate first, or end it and all it signed with --now`)
        await settle({ verb: 'retire', keyId, now })
        return statusFor(keyId)
      }),
    look: () =>
      inTurn(async () => {
        const fingerprint = await fingerprintFolder(path)
        if (fingerprint === seen && !isDue()) return
        await settle(null)
        // As it was before: what others change from then on must be seen by the next look.
        seen = fingerprint
      })
  }
}
