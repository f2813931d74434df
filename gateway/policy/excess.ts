/** Limits that patterns can exceed only together: each of them alone is well. */
import { parsePattern } from './pattern.js'
import { anySegments, countReadings } from './readings.js'
import { kindOf } from './trie.js'

const maxGlobs = 64
/** What has to be looked for all along a path: so many segments by the 250 words of the longest take milliseconds. */
const maxBetween = 20_000
/** Matchers of other readings are built when clients ask for them, so what they may come to is a matter of the file. */
const maxReadings = 200_000

/** The pattern, by its place in the list, that is one too many. */
interface Excess {
  readonly index: number
  readonly fault: string
}

/** Two `**` leave open where between them a glob stands, so all of those are tried at one place. */
const placeOf = (segments: readonly string[], at: number): { readonly key: string; readonly where: string } => {
  const isBetween = segments.slice(0, at).includes(anySegments) && segments.slice(at).includes(anySegments)
  if (isBetween) return { key: anySegments, where: 'between two `**`, in all rules together' }
  return { key: `/${segments.slice(0, at).join('/')}`, where: 'after the same beginning' }
}

/** Tells the first pattern that exceeds each limit; null stands for one that cannot be read, which is told elsewhere. */
export const findExcess = (texts: readonly (string | null)[]): readonly Excess[] => {
  const excess: Excess[] = []
  const globsAt = new Map<string, Set<string>>()
  let readings = 0
  let between = 0

  const countGlobs = (index: number, segments: readonly string[]): void => {
    for (const [at, segment] of segments.entries()) {
      if (segment === anySegments || kindOf(segment) !== 'glob') continue
      const { key, where } = placeOf(segments, at)
      const globs = globsAt.get(key) ?? new Set()
      globsAt.set(key, globs)
      const before = globs.size
      globs.add(segment)
      if (before === maxGlobs && globs.size > maxGlobs)
        excess.push({ index, fault: `At most ${maxGlobs} different segments with \`*\` may stand ${where}.` })
    }
  }

  for (const [index, text] of texts.entries()) {
    const parsed = text === null ? null : parsePattern(text)
    if (parsed === null || 'fault' in parsed) continue
    const { template } = parsed.pattern
    const segments = template.slice(1).split('/')
    countGlobs(index, segments)
    const enclosed = Math.max(0, segments.lastIndexOf(anySegments) - segments.indexOf(anySegments) - 1)
    between += enclosed
    if (between > maxBetween && between - enclosed <= maxBetween)
      excess.push({
        index,
        fault: `At most ${maxBetween} segments may stand between two \`**\`, in all rules together.`
      })
    const ways = countReadings(template)
    readings += ways
    if (readings > maxReadings && readings - ways <= maxReadings)
      excess.push({
        index,
        fault: `Too many patterns hold \`;\`, \`%2F\`, \`%3F\`, \`%23\` or \`%25\`: upstreams read such a path in several ways, of which all rules together may have ${maxReadings}.`
      })
  }
  return excess
}
