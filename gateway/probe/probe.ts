import { type Asked, createAsk } from './ask.js'
import { type Belief, probeBelief } from './belief.js'
import { probeReadings, type Readings } from './readings.js'

export interface ProbeOptions {
  /** Scheme, host and port. */
  readonly origin: string
  /** As the upstream is used to being called; null: as its origin says. */
  readonly host: string | null
  /** As it reaches the upstream. */
  readonly path: string
  /** Names by which upstreams are told who asks. */
  readonly names: readonly string[]
}

/** What an upstream does when it is asked past the gateway. */
export interface Probed {
  readonly beliefs: readonly Belief[]
  readonly echoes: boolean
  readonly readings: Readings
  /** Of the answer to nobody. */
  readonly status: number
}

const isBelief = ({ effect }: Belief) => effect !== 'differs'

/** Whether it believes a forged header, as far as can be told. */
export const believes = ({ beliefs }: Probed): boolean => beliefs.some(isBelief)

/** Asks one upstream, by GET alone; or says why it cannot be asked. */
export async function probeUpstream({
  origin,
  host,
  path,
  names
}: ProbeOptions): Promise<Probed | { readonly unreachable: string }> {
  const ask = createAsk(origin, host)
  const first: Asked = await ask({ path })
  if ('unreachable' in first) return first
  const second = await ask({ path })
  if ('unreachable' in second) return second
  const plain = [first, second] as const
  const { beliefs, echoes } = await probeBelief({ ask, path, plain, names })
  return { beliefs, echoes, readings: await probeReadings(ask, path, plain), status: first.status }
}
