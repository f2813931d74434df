import type { SessionStore, UserStore } from '../domain.js'

type Synchronous<Verbs> = {
  readonly [Name in keyof Verbs]: Verbs[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never
}

export type UserVerbs = Synchronous<UserStore>

/** `prune` goes in steps of a bounded size, so that the calls behind it are not held up. */
export type SessionVerbs = Omit<Synchronous<SessionStore>, 'prune'> & {
  /** `before` is the row down to which the walk has come, beyond all of them at first. */
  readonly prune: (now: number, before: number) => PruneStep
}

export interface PruneStep {
  readonly forgotten: number
  /** Where to go on; null: the walk is over. */
  readonly next: number | null
}

/** Everything the writer thread can do, each to be run inside a transaction. */
export type StoreVerbs = UserVerbs & SessionVerbs & { readonly ping: () => void }

export type VerbName = keyof StoreVerbs

/** Verbs that write nothing: a batch of only these neither waits for another process's write nor syncs the disk. */
export const readingVerbs: ReadonlySet<VerbName> = new Set<VerbName>([
  'findUser',
  'readUser',
  'listUsers',
  'samplePasswordHashes',
  'findMirror',
  'listMirrors',
  'findRefreshToken',
  'findRefreshOwner',
  'foreseeImport',
  'listSessions',
  'readRevocations',
  'ping'
])

/** What the writer thread is told. */
export type Order = Call | 'close'

export interface Call {
  readonly id: number
  readonly verb: VerbName
  readonly args: readonly unknown[]
  /** On the clock of `monotonicMs`; past it nobody waits for the answer. */
  readonly deadlineMs: number
}

export type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly failure: string }

/** What the writer thread says. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'replies'; readonly replies: readonly Reply[] }

/** Milliseconds on a clock that all threads share and that nobody sets; `performance.now()` differs by thread. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
