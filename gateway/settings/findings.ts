/** What the steps of parsing hand to each other: something found at a path of the document. */
export type Path = readonly (string | number)[]

export interface Finding {
  readonly level: 'mistake' | 'warning'
  readonly path: Path
  /** Which end of the entry is meant, or the offset itself where the path would be ambiguous. */
  readonly at: 'value' | 'key' | number
  readonly message: string
  readonly hint: string | null
}

export function mistakeAt(path: Path, message: string, hint: string | null = null): Finding {
  return { level: 'mistake', path, at: 'value', message, hint }
}

export function mistakeAtKey(path: Path, message: string, hint: string | null = null): Finding {
  return { level: 'mistake', path, at: 'key', message, hint }
}

export function warningAt(path: Path, message: string, hint: string | null = null): Finding {
  return { level: 'warning', path, at: 'value', message, hint }
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

export function isWithin(path: Path, outer: Path): boolean {
  return outer.every((step, index) => path[index] === step)
}
