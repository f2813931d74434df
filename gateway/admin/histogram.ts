import type { Registry } from 'prom-client'

/** A histogram (Prometheus' kind) by one label or none. */
export interface Histogram {
  /** `label`: as its value is named; the empty text where there is none. Seconds. */
  readonly observe: (label: string, seconds: number) => void
}

export interface HistogramOptions {
  readonly name: string
  readonly help: string
  /** null: it has none. */
  readonly labelName: string | null
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[]
}

interface Tally {
  /** By bound, and beyond the last one; not cumulative. */
  readonly counts: Float64Array
  sum: number
}

/**
 * Counts into an array and is read when somebody asks: prom-client's own hashes the labels of every observation, which
 * costs a request more than finding its rule.
 */
export function createHistogram(registry: Registry, { name, help, labelName, bounds }: HistogramOptions): Histogram {
  const tallies = new Map<string, Tally>()

  function tallyOf(label: string): Tally {
    let tally = tallies.get(label)
    if (tally === undefined) {
      tally = { counts: new Float64Array(bounds.length + 1), sum: 0 }
      tallies.set(label, tally)
    }
    return tally
  }

  function* values() {
    for (const [label, { counts, sum }] of tallies) {
      const labels = labelName === null ? {} : { [labelName]: label }
      let count = 0
      for (const [at, inBucket] of counts.entries()) {
        count += inBucket
        yield { metricName: `${name}_bucket`, labels: { le: bounds[at] ?? '+Inf', ...labels }, value: count }
      }
      yield { metricName: `${name}_sum`, labels, value: sum }
      yield { metricName: `${name}_count`, labels, value: count }
    }
  }

  // Without a label it is there from the beginning.
  if (labelName === null) tallyOf('')
  const metric = {
    name,
    get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: [...values()] }),
    reset: () => tallies.clear()
  }
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0])
  return {
    observe(label, seconds) {
      const tally = tallyOf(label)
      const { counts } = tally
      let at = 0
      while (at < bounds.length && seconds > (bounds[at] ?? 0)) at += 1
      counts[at] = (counts[at] ?? 0) + 1
      tally.sum += seconds
    }
  }
}
