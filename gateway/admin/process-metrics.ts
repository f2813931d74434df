import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'

/** How often the event loop is asked whether it is late. */
const TICK_MS = 50
/** As long as a timer bears: 24 days. */
const NEVER_MS = 2 ** 31 - 1

type Delays = Pick<IntervalHistogram, 'min' | 'max' | 'mean' | 'stddev' | 'percentile'>

/** Nanoseconds from one tick to the next. */
const figures: readonly (readonly [name: string, ticks: number, read: (delays: Delays) => number])[] = [
  ['min', 1, ({ min }) => min],
  ['max', 1, ({ max }) => max],
  ['mean', 1, ({ mean }) => mean],
  ['stddev', 0, ({ stddev }) => stddev],
  ['p50', 1, (delays) => delays.percentile(50)],
  ['p90', 1, (delays) => delays.percentile(90)],
  ['p99', 1, (delays) => delays.percentile(99)]
]

/**
 * What prom-client tells of the process, by its names. Of the event loop's delay we keep the figures ourselves: to look a
 * hundred times a second, as it does, is most of what a gateway at rest costs, and it counts the time between as delay.
 */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
  const delays = monitorEventLoopDelay({ resolution: TICK_MS })
  delays.enable()
  const gauges = figures.map(([figure, ticks, read]) => {
    const name = `nodejs_eventloop_lag_${figure}_seconds`
    registry.removeSingleMetric(name)
    const help = `The ${figure} of the delays of the event loop since the last scrape; 0 is on time.`
    const gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: figure === 'min' ? collect : () => undefined
    })
    return { gauge, read: () => Math.max(0, read(delays) / 1e6 - ticks * TICK_MS) / 1000 }
  })

  /** All of them with the first one, so that they are of the same time. */
  function collect(): void {
    if (delays.count > 0) for (const { gauge, read } of gauges) gauge.set(read())
    delays.reset()
  }
}
