/** The tree held against the schema: what of it can be used, and what zod found, in plain words. */
import type { z } from 'zod'
import { type Finding, mistakeAt, mistakeAtKey, type Path, quote } from './findings.js'
import { isPlanned } from './planned-keys.js'
import type { Unfinished } from './schema.js'
import { nearestOf } from './suggestions.js'

type Issue = z.core.$ZodIssue

export interface Shape<File> {
  readonly draft: Unfinished<File>
  /** null: there are findings. */
  readonly complete: File | null
  readonly findings: readonly Finding[]
  /** Keys that are misspelt, as they were meant: that those are missing goes without saying. */
  readonly meant: readonly Path[]
}

export function readShape<File extends object>(schema: z.ZodType<File>, tree: unknown): Shape<File> {
  let draft = {} as Unfinished<File>
  // Zod hands out nothing when anything is wrong, but a check that runs always sees what it has so far.
  const observed = schema.superRefine(
    (value) => {
      draft = value as Unfinished<File>
    },
    { when: () => true }
  )
  const result = observed.safeParse(tree)
  if (result.success) return { draft, complete: result.data, findings: [], meant: [] }
  const issues = result.error.issues.flatMap((issue) => chooseForm(issue))
  for (const issue of result.error.issues) {
    // Only a list or map that is wrong as such keeps its raw value; its entries are usable still.
    if (issue.code !== 'unrecognized_keys' && !isWhole(issue)) forget(draft, toPath(issue.path))
  }
  const meant: Path[] = []
  return { draft, complete: null, findings: issues.flatMap((issue) => explain(issue, schema, tree, meant)), meant }
}

function toPath(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'number' ? step : String(step)))
}

/** Issues about how many entries there are, of a list or map that is otherwise good. */
function isWhole(issue: Issue): boolean {
  return issue.code === 'too_small' || issue.code === 'too_big'
}

function forget(draft: unknown, path: Path): void {
  const parent = valueAt(draft, path.slice(0, -1))
  const last = path.at(-1)
  if (typeof parent === 'object' && parent !== null && last !== undefined && Object.hasOwn(parent, last)) {
    Reflect.set(parent, last, undefined)
  }
}

/** Where several forms are possible, what is wrong with the one that was meant: the one that fits at the root. */
function chooseForm(issue: Issue, outer: readonly PropertyKey[] = []): Issue[] {
  const path = [...outer, ...issue.path]
  if (issue.code !== 'invalid_union') return [{ ...issue, path }]
  const meant = issue.errors.find((issues) => !issues.some((inner) => inner.path.length === 0 && isOtherForm(inner)))
  return meant === undefined ? [{ ...issue, path }] : meant.flatMap((inner) => chooseForm(inner, path))
}

function isOtherForm(issue: Issue): boolean {
  return issue.code === 'invalid_type' || (issue.code === 'custom' && issue.params?.otherForm === true)
}

function explain(issue: Issue, schema: z.ZodType, tree: unknown, meant: Path[]): Finding[] {
  const path = toPath(issue.path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => explainKey(path, key, schema, tree, meant))
  if (issue.code === 'invalid_key') {
    const [first] = issue.issues
    return [mistakeAtKey(path, first?.message ?? 'is not a name', hintOf(first))]
  }
  const value = valueAt(tree, path)
  if (value === undefined) return [mistakeAt(path, 'is missing')]
  if (value === null) return [mistakeAt(path, 'has no value', hintForNull(path))]
  if (issue.code === 'invalid_type') return [explainForm(issue.expected, value, path)]
  if (issue.code === 'invalid_union') return [explainUnion(issue, path)]
  return [mistakeAt(path, issue.message, hintOf(issue))]
}

function hintForNull(path: Path): string | null {
  return path.includes('allow') ? 'an empty condition must never mean any role' : null
}

function explainForm(expected: string, value: unknown, path: Path): Finding {
  if (expected !== 'array') return mistakeAt(path, 'must be a map')
  const quotable = typeof value !== 'object' && path.at(-1) !== 'secrets'
  return mistakeAt(path, 'must be a list', quotable ? `write [${String(value).slice(0, 60)}]` : null)
}

/** No form fits: the first one is a scalar's, and its words name the others too. */
function explainUnion(issue: Issue & { readonly code: 'invalid_union' }, path: Path): Finding {
  const first = issue.errors[0]?.[0]
  return mistakeAt(path, first?.message ?? 'is not in a form known here', hintOf(first))
}

function hintOf(issue: Issue | undefined): string | null {
  const hint = issue?.code === 'custom' ? issue.params?.hint : null
  return typeof hint === 'string' ? hint : null
}

function explainKey(around: Path, key: string, schema: z.ZodType, tree: unknown, meant: Path[]): Finding {
  const path = [...around, key]
  if (isPlanned(path)) return mistakeAtKey(path, 'is not supported by this version')
  const known = keysAt(schema, around)
  const nearest = nearestOf(key, known)
  if (nearest !== null) {
    if (valueAt(tree, [...around, nearest]) === undefined) meant.push([...around, nearest])
    return mistakeAtKey(path, 'is not a known key', `did you mean ${quote(nearest)}?`)
  }
  return mistakeAtKey(path, 'is not a known key', known.length === 0 ? null : `the keys here are ${known.join(', ')}`)
}

/** The keys that the schema knows in the map at `path`. */
function keysAt(schema: z.core.$ZodType, path: Path): readonly string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'optional':
    case 'prefault':
      return keysAt(def.innerType, path)
    case 'pipe':
      return keysAt(def.in, path)
    case 'union':
      return def.options.flatMap((option) => keysAt(option, path))
    case 'array':
      return typeof path[0] === 'number' ? keysAt(def.element, path.slice(1)) : []
    case 'record':
      return path.length === 0 ? [] : keysAt(def.valueType, path.slice(1))
    case 'object': {
      const [step, ...rest] = path
      if (step === undefined) return Object.keys(def.shape)
      const inner = Object.hasOwn(def.shape, step) ? def.shape[step] : undefined
      return inner === undefined ? [] : keysAt(inner, rest)
    }
    default:
      return []
  }
}

export function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    return inside ? Reflect.get(value, step) : undefined
  }, tree)
}
