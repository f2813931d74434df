/**
 * The life of the keys in a folder, as a pure function of what is written down, what lies there and the time:
 * next (published, not signing yet) → current (signs) → retiring (verifies what it signed) → retired (gone).
 */
import type { Algorithm } from './algorithms.js'

export type KeyState = 'next' | 'current' | 'retiring' | 'retired'

/** What is written down of a key; times are NumericDate. */
export interface KeyEntry {
  readonly keyId: string
  readonly algorithm: Algorithm
  readonly state: KeyState
  readonly publishedAt: number
  /** Of a next key: when it begins to sign; null: not before somebody says so. */
  readonly promoteAt: number | null
  readonly activatedAt: number | null
  /** Of a retiring key: when nothing it signed is alive; null: not known, it stays until told. Of a retired one: since when. */
  readonly until: number | null
  /** The longest life, in seconds, of anything it was ever allowed to sign. */
  readonly lifetimeSeconds: number
}

/** A key whose file lies in the folder. */
export interface PresentKey {
  readonly keyId: string
  readonly algorithm: Algorithm
  readonly signs: boolean
}

export interface Schedule {
  readonly algorithm: Algorithm
  /** How long what is signed from now on may live. */
  readonly lifetimeSeconds: number
  /** null: only by order. */
  readonly rotateEverySeconds: number | null
  readonly publishBeforeSeconds: number
}

export type Order =
  | { readonly verb: 'rotate'; readonly now: boolean }
  | { readonly verb: 'retire'; readonly keyId: string; readonly now: boolean }

export interface Situation {
  /** null: nothing has been written down yet. */
  readonly entries: readonly KeyEntry[] | null
  /** Oldest file first. */
  readonly present: readonly PresentKey[]
  /** Whether `present` is all there is; with files that cannot be read, nobody knows whose they are. */
  readonly complete: boolean
  /** At a start the current key must be of the schedule's algorithm. */
  readonly starting: boolean
  readonly schedule: Schedule
  readonly order: Order | null
  readonly now: number
}

/** Tells what to write down, or that a new key must be put into the folder first. */
export type Advice = { readonly entries: readonly KeyEntry[] } | { readonly lacking: 'key' }

/** Gateways that share a folder look at it every second: for so long one may still sign with a key another replaced. */
const SETTLING_SECONDS = 60
/** No setting lets an access token live longer: what keys of unknown past have signed is dead after it. */
const LONGEST_LIFETIME_SECONDS = 24 * 60 * 60
/** Retired keys stay on record, so that their files, put back by accident or from a backup, are not taken up again. */
const MOST_RETIRED = 1000

type Entries = readonly KeyEntry[]

const replace = (entries: Entries, changed: KeyEntry): Entries =>
  entries.map((entry) => (entry.keyId === changed.keyId ? changed : entry))

/** Keys that lie in the folder and nobody has written down: a first start's, an operator's, or those of a cut-off rotation. */
function adopt({ entries, present, now, schedule }: Situation): Entries {
  const known = new Set(entries?.map(({ keyId }) => keyId))
  const found = present.filter(({ keyId }) => !known.has(keyId))
  const signer =
    entries === null ? found.findLast((key) => key.signs && key.algorithm === schedule.algorithm) : undefined
  const adopted = found.map((key): KeyEntry => {
    const waits = key.signs && (entries !== null || key === signer)
    return {
      keyId: key.keyId,
      algorithm: key.algorithm,
      state: waits ? 'next' : 'retiring',
      publishedAt: now,
      promoteAt: null,
      activatedAt: null,
      // Who signs with a key that is here in its public part only, nobody here can know.
      until: key.signs && !waits ? now + LONGEST_LIFETIME_SECONDS + SETTLING_SECONDS : null,
      lifetimeSeconds: 0
    }
  })
  return [...(entries ?? []), ...adopted]
}

/** A key whose file somebody has taken away has ended. */
function dropMissing(entries: Entries, { present, complete, now }: Situation): Entries {
  if (!complete) return entries
  const here = new Set(present.map(({ keyId }) => keyId))
  return entries.map((entry) => (here.has(entry.keyId) || entry.state === 'retired' ? entry : retired(entry, now)))
}

const retired = (entry: KeyEntry, now: number): KeyEntry => ({
  ...entry,
  state: 'retired',
  promoteAt: null,
  until: now
})

const retiring = (entry: KeyEntry, now: number): KeyEntry => ({
  ...entry,
  state: 'retiring',
  until: now + entry.lifetimeSeconds + SETTLING_SECONDS
})

/** The next key of the schedule's algorithm that has been published longest. */
function findNext(entries: Entries, { algorithm }: Schedule): KeyEntry | null {
  const waiting = entries.filter((entry) => entry.state === 'next' && entry.algorithm === algorithm)
  return waiting.toSorted((a, b) => a.publishedAt - b.publishedAt)[0] ?? null
}

const currentOf = (entries: Entries) => entries.find(({ state }) => state === 'current') ?? null

function promote(entries: Entries, next: KeyEntry, { schedule, now }: Situation): Entries {
  const { lifetimeSeconds } = schedule
  return entries.map((entry) => {
    if (entry.state === 'current') return retiring(entry, now)
    // One successor at a time: another that was appointed for the old key waits again.
    if (entry.keyId !== next.keyId) return entry.promoteAt === null ? entry : { ...entry, promoteAt: null }
    return { ...entry, state: 'current', promoteAt: null, activatedAt: now, lifetimeSeconds }
  })
}

/** Sets when the next key begins to sign: `earliest`, but not before verifiers had time to see it published. */
function appoint(entries: Entries, next: KeyEntry, earliest: number, { publishBeforeSeconds }: Schedule): Entries {
  const promoteAt = Math.max(earliest, next.publishedAt + publishBeforeSeconds)
  return replace(entries, { ...next, promoteAt: Math.min(promoteAt, next.promoteAt ?? Number.POSITIVE_INFINITY) })
}

function obey(entries: Entries, { order, schedule, now }: Situation): Entries | null {
  if (order === null) return entries
  if (order.verb === 'rotate') {
    const next = findNext(entries, schedule)
    if (next === null) return null
    return order.now ? replace(entries, { ...next, promoteAt: now }) : appoint(entries, next, now, schedule)
  }
  const entry = entries.find(({ keyId, state }) => keyId === order.keyId && state !== 'retired')
  if (entry === undefined) return entries
  if (order.now || entry.state === 'next') return replace(entries, retired(entry, now))
  if (entry.state !== 'retiring' || entry.until !== null) return entries
  return replace(entries, { ...entry, until: now + LONGEST_LIFETIME_SECONDS + SETTLING_SECONDS })
}

/** Somebody signs, always. */
function ensureCurrent(entries: Entries, situation: Situation): Entries | null {
  const current = currentOf(entries)
  const { algorithm } = situation.schedule
  if (current !== null && !(situation.starting && current.algorithm !== algorithm)) return entries
  const next = findNext(entries, situation.schedule)
  return next === null ? null : promote(entries, next, situation)
}

/** The successor is published in good time before the current key has signed for as long as it may. */
function appointSuccessor(entries: Entries, { schedule, now }: Situation): Entries | null {
  const { rotateEverySeconds, publishBeforeSeconds } = schedule
  const current = currentOf(entries)
  if (rotateEverySeconds === null || current === null) return entries
  const dueAt = (current.activatedAt ?? now) + rotateEverySeconds
  if (now < dueAt - publishBeforeSeconds) return entries
  const next = findNext(entries, schedule)
  return next === null ? null : appoint(entries, next, dueAt, schedule)
}

function promoteDue(entries: Entries, situation: Situation): Entries {
  const due = (entry: KeyEntry) =>
    entry.state === 'next' && entry.promoteAt !== null && entry.promoteAt <= situation.now
  const next = entries.filter(due).toSorted((a, b) => (a.promoteAt ?? 0) - (b.promoteAt ?? 0))[0]
  return next === undefined ? entries : promote(entries, next, situation)
}

function expire(entries: Entries, { now }: Situation): Entries {
  return entries.map((entry) =>
    entry.state === 'retiring' && entry.until !== null && entry.until <= now ? retired(entry, now) : entry
  )
}

/** What the current key may sign is on record before it signs it. */
function cover(entries: Entries, { schedule }: Situation): Entries {
  const current = currentOf(entries)
  if (current === null || current.lifetimeSeconds >= schedule.lifetimeSeconds) return entries
  return replace(entries, { ...current, lifetimeSeconds: schedule.lifetimeSeconds })
}

function forget(entries: Entries): Entries {
  const gone = entries.filter(({ state }) => state === 'retired').toSorted((a, b) => (b.until ?? 0) - (a.until ?? 0))
  const forgotten = new Set(gone.slice(MOST_RETIRED))
  return forgotten.size === 0 ? entries : entries.filter((entry) => !forgotten.has(entry))
}

/** What the keys should be now. Advice taken and given again changes nothing. */
export function advance(situation: Situation): Advice {
  const adopted = dropMissing(adopt(situation), situation)
  const obeyed = obey(adopted, situation)
  const signed = obeyed === null ? null : ensureCurrent(obeyed, situation)
  const appointed = signed === null ? null : appointSuccessor(signed, situation)
  if (appointed === null) return { lacking: 'key' }
  return { entries: forget(cover(expire(promoteDue(appointed, situation), situation), situation)) }
}
