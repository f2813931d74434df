import { quote } from './findings.js'

/** `did you mean 'upstreams'?`, when one of the names is near enough. */
export function suggest(written: string, names: Iterable<string>): string | null {
  const meant = nearestOf(written, names)
  return meant === null ? null : `did you mean ${quote(meant)}?`
}

/** Of very many names the first so many are compared, so that a file full of mistakes takes no time without bound. */
const mostCompared = 1000
/** Nobody mistypes a longer one. */
const longestName = 64

/** The name that a typing error may have made into what is written. */
export function nearestOf(written: string, names: Iterable<string>): string | null {
  if (written.length > longestName) return null
  const squeezed = squeeze(written)
  let nearest: string | null = null
  let least = Math.max(1, Math.floor(written.length / 3)) + 1
  let compared = 0
  for (const name of names) {
    if (++compared > mostCompared || least === 0) break
    const distance = squeeze(name) === squeezed ? 0 : editDistance(written, name, least)
    if (distance < least) {
      nearest = name
      least = distance
    }
  }
  return nearest
}

const shortestWord = 4
const longWord = 8

/**
 * Whether two names that both could be meant are more likely one, mistyped: `Admin`, `super_admin` and `editr` are, but
 * `team-a` is another than `team-b` and `tier1` another than `tier2`.
 */
export function isLikelySame(one: string, other: string): boolean {
  if (Math.max(one.length, other.length) > longestName) return false
  if (squeeze(one) === squeeze(other)) return true
  const [words, otherWords] = [one.split(/[^A-Za-z]+/), other.split(/[^A-Za-z]+/)]
  const differing = words.flatMap((word, index) =>
    word === otherWords[index] ? [] : [[word, otherWords[index] ?? '']]
  )
  const [[from, to] = ['', ''], ...more] = differing
  if (from === undefined || to === undefined || words.length !== otherWords.length || more.length > 0) return false
  const shorter = Math.min(from.length, to.length)
  const bound = shorter < shortestWord ? 0 : shorter < longWord ? 2 : 3
  return differing.length > 0 && editDistance(from, to, bound) < bound
}

/** publicUrl, public-url and Public_URL are all meant to be public_url. */
function squeeze(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours; `bound` or more is not told apart. */
function editDistance(from: string, to: string, bound: number): number {
  if (Math.abs(from.length - to.length) >= bound) return bound
  let beforeLast = new Uint8Array(to.length + 1)
  let last = new Uint8Array(to.length + 1)
  let current = new Uint8Array(to.length + 1)
  for (let column = 0; column <= to.length; column++) last[column] = column
  for (let row = 1; row <= from.length; row++) {
    const letter = from.charCodeAt(row - 1)
    let least = row
    current[0] = row
    for (let column = 1; column <= to.length; column++) {
      const other = to.charCodeAt(column - 1)
      const replaced = (last[column - 1] ?? bound) + (letter === other ? 0 : 1)
      let distance = Math.min((last[column] ?? bound) + 1, (current[column - 1] ?? bound) + 1, replaced)
      const swapped =
        row > 1 && column > 1 && letter === to.charCodeAt(column - 2) && from.charCodeAt(row - 2) === other
      if (swapped) distance = Math.min(distance, (beforeLast[column - 2] ?? bound) + 1)
      current[column] = distance
      least = Math.min(least, distance)
    }
    // A swap looks two rows back, yet what it adds to is at most one less than the row between.
    if (least > bound) return bound
    const spare = beforeLast
    beforeLast = last
    last = current
    current = spare
  }
  return last[to.length] ?? bound
}
