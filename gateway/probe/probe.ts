import { type Ask, type Asked, createAsk, type Reply, type TlsOptions } from './ask.js'
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
  /** Of https upstreams. */
  readonly tls: TlsOptions
}

/** What an upstream does when it is asked past the gateway. */
export interface Probed {
  readonly beliefs: readonly Belief[]
  readonly echoes: boolean
  readonly readings: Readings
  /** Of the answer to nobody. */
  readonly status: number
  /** Why whoever does not show the gateway's certificate gets no answer; null: they get one. */
  readonly closedToStrangers: string | null
}

const isBelief = ({ effect }: Belief) => effect !== 'differs'

/** Whether it believes a forged header of anybody, as far as can be told. */
export const believes = ({ beliefs, closedToStrangers }: Probed): boolean =>
  closedToStrangers === null && beliefs.some(isBelief)

interface Caller {
  readonly ask: Ask
  readonly plain: readonly [Reply, Reply]
}

/** Asks twice, so that it is known what changes by itself. */
async function meet(ask: Ask, path: string): Promise<Caller | { readonly unreachable: string }> {
  const first: Asked = await ask({ path })
  if ('unreachable' in first) return first
  const second = await ask({ path })
  return 'unreachable' in second ? second : { ask, plain: [first, second] }
}

/** Asks one upstream, by GET alone; or says why it cannot be asked. */
export async function probeUpstream({
  origin,
  host,
  path,
  names,
  tls
}: ProbeOptions): Promise<Probed | { readonly unreachable: string }> {
  const gateway = await meet(createAsk(origin, host, tls), path)
  if ('unreachable' in gateway) return gateway
  // What it believes is asked as anybody can ask, if it answers anybody; how it reads, as the gateway asks.
  const anybody =
    tls.cert === null ? gateway : await meet(createAsk(origin, host, { ...tls, cert: null, key: null }), path)
  const closedToStrangers = 'unreachable' in anybody ? anybody.unreachable : null
  const caller = 'unreachable' in anybody ? gateway : anybody
  const { beliefs, echoes } = await probeBelief({ ...caller, path, names })
  const readings = await probeReadings(gateway.ask, path, gateway.plain)
  return { beliefs, echoes, readings, status: caller.plain[0].status, closedToStrangers }
}
