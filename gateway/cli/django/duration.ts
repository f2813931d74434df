const PLAIN = /^\d+(?:\.\d+)?$/
const CLOCK = /^(?:(\d+)(?: days?,)? )?(\d+):([0-5]\d):([0-5]\d)(?:\.\d+)?$/
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/

const REPR = /^datetime\.timedelta\((?:days=(\d+)(?:, )?)?(?:seconds=(\d+)(?:, )?)?(?:microseconds=\d+)?\)$/

/**
 * Seconds of a time as a dump of Django's settings spells it: a number, what `str` makes of a timedelta (`5 days,
 * 0:00:00`), what Django does (`5 00:00:00`, and as JSON `P5DT00H00M00S`), or what `repr` does. null: it is none.
 */
export function readSeconds(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? Math.floor(value) : null
  if (typeof value !== 'string') return null
  if (PLAIN.test(value)) return Math.floor(Number(value))
  const repr = REPR.exec(value)
  if (repr !== null) return sum(repr.slice(1), [86_400, 1])
  const clock = CLOCK.exec(value)
  if (clock !== null) return sum(clock.slice(1), [86_400, 3600, 60, 1])
  const iso = value === 'P' ? null : ISO.exec(value)
  return iso === null ? null : sum(iso.slice(1), [604_800, 86_400, 3600, 60, 1])
}

const sum = (amounts: readonly (string | undefined)[], units: readonly number[]) =>
  units.reduce((total, unit, at) => total + unit * Number(amounts[at] ?? 0), 0)

/** `15m`; what is no whole number of a larger unit is told in a smaller one. */
export function writeDuration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60]
  ] as const
  const [unit, length] = (seconds > 0 && units.find(([, each]) => seconds % each === 0)) || (['s', 1] as const)
  return `${seconds / length}${unit}`
}
