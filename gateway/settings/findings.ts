/** What the steps of parsing hand to each other: something found at a path of the document. */
export type Path = readonly (string | number)[]

/** Offsets in the text of the file; the second is the one behind the last character. */
export type Span = readonly [start: number, end: number]

export interface Finding {
  readonly level: 'mistake' | 'warning'
  readonly path: Path
  /** Which end of the entry is meant, or the text itself where the path would be ambiguous. */
  readonly at: 'value' | 'key' | Span
  readonly message: string
  readonly hint: string | null
  readonly related: readonly RelatedFinding[]
}

/** Another place of the document, and what it has to do with the finding. */
export interface RelatedFinding {
  readonly path: Path
  readonly at: Finding['at']
  readonly message: string
}

type Related = Finding['related']

export function mistakeAt(path: Path, message: string, hint: string | null = null, related: Related = []): Finding {
  return { level: 'mistake', path, at: 'value', message, hint, related }
}

export function mistakeAtKey(path: Path, message: string, hint: string | null = null, related: Related = []): Finding {
  return { level: 'mistake', path, at: 'key', message, hint, related }
}

export function warningAt(path: Path, message: string, hint: string | null = null, related: Related = []): Finding {
  return { level: 'warning', path, at: 'value', message, hint, related }
}

export function placeOfKey(path: Path, message: string): RelatedFinding {
  return { path, at: 'key', message }
}

export function placeOfValue(path: Path, message: string): RelatedFinding {
  return { path, at: 'value', message }
}

/** `rules[2].to`, with names that need it in brackets. */
export function writePath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${quote(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}

/** Text of the file inside a message: one line, of bounded length. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return `'${short.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?')}'`
}

/** Tells whether a path is one of these or lies within one. */
export function createRegion(paths: readonly Path[]): (path: Path) => boolean {
  const keys = new Set(paths.map((path) => JSON.stringify(path)))
  if (keys.size === 0) return () => false
  return (path) => path.some((_, index) => keys.has(JSON.stringify(path.slice(0, index + 1)))) || keys.has('[]')
}
