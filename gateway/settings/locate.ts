import type { Excerpts } from './excerpts.js'
import { type Finding, type Path, type Span, writePath } from './findings.js'
import type { Locate, Mistake, RelatedPlace } from './mistakes.js'
import { valueAt } from './shape.js'
import type { SpanOf } from './yaml-places.js'

/** So many say enough of a file; what is told goes into logs and pages, too. */
export const mostTold = 1000

export interface Located {
  readonly file: string
  /** The file as plain values. */
  readonly tree: unknown
  readonly spanOf: SpanOf
  readonly excerpts: Excerpts
}

/** Findings → mistakes with their places, in the order of the file; of very many the first, and how many are left out. */
export function createLocate({ file, tree, spanOf, excerpts }: Located): Locate {
  function tell(finding: Finding, [start, end]: Span, times: number): Mistake {
    const { level, path, message, hint } = finding
    const place = excerpts.placeOf([start, end])
    return {
      level,
      file,
      ...place,
      path: writePath(asWritten(path, tree)),
      message,
      hint,
      times,
      excerpt: excerpts.around(place, 1),
      related: finding.related.map((related): RelatedPlace => {
        const elsewhere = excerpts.placeOf(spanOf(related.path, related.at))
        return { ...elsewhere, message: related.message, excerpt: excerpts.around(elsewhere, 0) }
      })
    }
  }

  return (findings) => {
    const inOrder = findings
      .map((finding) => ({ finding, span: spanOf(finding.path, finding.at) }))
      .toSorted((one, other) => one.span[0] - other.span[0])
    const told = inOrder.slice(0, mostTold).map(({ finding, span }) => tell(finding, span, 1))
    const next = inOrder[mostTold]
    if (next === undefined) return told
    const left = inOrder.length - mostTold
    const message = `and ${left} more from here on: no more than ${mostTold} are told at once`
    const rest: Finding = { ...next.finding, path: [], message, hint: null, related: [] }
    return [...told, tell(rest, next.span, left)]
  }
}

/** Where a single value stands for a list of one, the file knows no `[0]`. */
function asWritten(path: Path, tree: unknown): Path {
  const around = path.slice(0, -1)
  return typeof path.at(-1) === 'number' && !Array.isArray(valueAt(tree, around)) ? around : path
}
