import { type Finding, mistakeAt, type Path, placeOfKey, quote } from './findings.js'
import { mostTold } from './locate.js'
import { nearestOf, suggest } from './suggestions.js'

const sections = {
  upstream: { key: 'upstreams', builtIn: [] },
  limit: { key: 'limits', builtIn: [] },
  issuer: { key: 'issuers', builtIn: ['self'] }
} as const

type Kind = keyof typeof sections

/** The names that the file gives; null: the section itself is mistaken, so nothing dangles. */
export type GivenNames = Readonly<Record<Kind, ReadonlySet<string> | null>>

/** Tells which of these names refer to nothing; to be asked in the order of the file. */
export type DanglingNames = (
  kind: Kind,
  names: readonly (string | undefined)[],
  pathOf: (index: number) => Path
) => Finding[]

/** So many names a message may hold. */
const mostListed = 8

export function createDanglingNames(given: GivenNames): DanglingNames {
  let found = 0

  function tell(kind: Kind, name: string, known: ReadonlySet<string>, path: Path): Finding {
    const message = `no ${kind} is called ${quote(name)}`
    const { key, builtIn } = sections[kind]
    // Nobody will be shown what comes after so many, and to compare names takes its time.
    if (++found > mostTold) return mistakeAt(path, message)
    const nearest = nearestOf(name, known)
    if (nearest !== null) {
      return mistakeAt(path, message, `did you mean ${quote(nearest)}?`, [placeOfKey([key, nearest], 'this one')])
    }
    if (known.size > mostListed) return mistakeAt(path, message, null, [placeOfKey([key], 'the names are given here')])
    const names = [...known, ...builtIn]
    const listed = names.length > 0 ? `the names are ${names.join(', ')}` : null
    return mistakeAt(path, message, suggest(name, builtIn) ?? listed)
  }

  return (kind, names, pathOf) => {
    const known = given[kind]
    if (known === null) return []
    return names.flatMap((name, index) => {
      const isKnown = name === undefined || known.has(name) || sections[kind].builtIn.some((word) => word === name)
      return isKnown ? [] : [tell(kind, name, known, pathOf(index))]
    })
  }
}
