import { classNameOf, createReader, isSection, type Section } from './dump-section.js'

export interface Rate {
  readonly scope: string
  readonly requests: number
  readonly windowSeconds: number
}

export interface Throttling {
  readonly rates: readonly Rate[]
  /** The scopes that Django holds every request against; what else has a rate, single views name. */
  readonly applied: readonly string[]
}

const PERIODS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
/**
 * As Python's `int` reads it; DRF reads the first letter of the period (rest_framework/throttling.py, parse_rate). `10m`
 * only throttles of a site's own read, and mean what it says.
 */
const RATE = /^\s*\+?(\d+(?:_\d+)*)\s*\/(\d{0,6})([smhd])[^/]*$/
/** Of what any limit of the gateway admits in a window. */
const MOST_REQUESTS = 1_000_000_000

const SCOPES: ReadonlyMap<string, string> = new Map([
  ['UserRateThrottle', 'user'],
  ['AnonRateThrottle', 'anon']
])

function readRates(value: unknown, notes: string[]): Rate[] {
  return Object.entries(isSection(value) ? value : {}).flatMap(([scope, rate]) => {
    if (rate === null) return []
    const [, written = '', periods = '', period = ''] = RATE.exec(String(rate)) ?? []
    const requests = Number(written.replaceAll('_', ''))
    const windowSeconds = Number(periods || 1) * (PERIODS[period] ?? 0)
    if (requests < 1 || windowSeconds < 1) {
      const why =
        written === '' || windowSeconds < 1
          ? 'cannot be read: write it under limits'
          : 'lets nothing pass: a rule says that by allow: nobody'
      notes.push(`the rate of ${JSON.stringify(scope)}, ${JSON.stringify(rate)}, ${why}`)
      return []
    }
    if (requests > MOST_REQUESTS)
      notes.push(`the rate of ${JSON.stringify(scope)} is more than ${MOST_REQUESTS}, which is the most`)
    return [{ scope, requests: Math.min(requests, MOST_REQUESTS), windowSeconds }]
  })
}

/** What Django throttles by: its rates, and those of them that the default classes apply. */
export function readThrottling(rest: Section, notes: string[]): Throttling {
  const rates = readRates(rest.DEFAULT_THROTTLE_RATES, notes)
  const has = (scope: string) => rates.some((rate) => rate.scope === scope)
  if (!Array.isArray(rest.DEFAULT_THROTTLE_CLASSES) && typeof rest.DEFAULT_THROTTLE_CLASSES !== 'string') {
    const applied = ['user', 'anon'].filter(has)
    if (applied.length > 0)
      notes.push('DEFAULT_THROTTLE_CLASSES is not set: Django throttles what names a class; see default_limits')
    return { rates, applied }
  }
  const classes = createReader(rest, notes).texts('DEFAULT_THROTTLE_CLASSES', []).map(classNameOf)
  const others = classes.filter((name) => !SCOPES.has(name))
  if (others.length > 0) notes.push(`${others.join(', ')}: name the limits that it stands for in the rules`)
  const applied = classes.flatMap((name) => SCOPES.get(name) ?? []).filter(has)
  return { rates, applied: [...new Set(applied)] }
}
