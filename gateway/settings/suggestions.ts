import { quote } from './findings.js'

/** `did you mean 'upstreams'?`, when one of the names is near enough. */
export function suggest(written: string, names: Iterable<string>): string | null {
  let nearest: string | null = null
  let least = Math.max(1, Math.floor(written.length / 3)) + 1
  for (const name of names) {
    const distance = squeeze(name) === squeeze(written) ? 0 : editDistance(written, name, least)
    if (distance < least) {
      nearest = name
      least = distance
    }
  }
  return nearest === null ? null : `did you mean ${quote(nearest)}?`
}

/** publicUrl, public-url and Public_URL are all meant to be public_url. */
function squeeze(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours; `bound` or more is not told apart. */
function editDistance(from: string, to: string, bound: number): number {
  if (Math.abs(from.length - to.length) >= bound) return bound
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        (last[column] ?? bound) + 1,
        (current[column - 1] ?? bound) + 1,
        (last[column - 1] ?? bound) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? bound) + 1 : bound
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? bound
}
