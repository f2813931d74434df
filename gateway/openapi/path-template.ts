/** Path templates → patterns of rules. What a pattern cannot say is said wider and marked, never left out. */

export interface TemplatePattern {
  readonly pattern: string
  readonly notes: readonly string[]
  /** How far the pattern may be trusted with what the document allows. */
  readonly fits: 'exactly' | 'more' | 'much more'
}

/** As patterns of rules bound them; one beyond these is told by whoever reads the pattern. */
const mostStars = 3
const mostDeep = 2

interface Expression {
  readonly name: string
  /** It spans slashes. */
  readonly isDeep: boolean
  /** It was bound to a form that a pattern does not know. */
  readonly hasForm: boolean
}

type Part = string | Expression

const token = /\{((?:[^{}]|\{[^{}]*\})*)\}|\/|[^{}/]+/gy

/** `deep`: names of parameters that span slashes. A fault is a sentence without its subject. */
export function readTemplate(
  template: string,
  deep: ReadonlySet<string>
): TemplatePattern | { readonly fault: string } {
  const notes: string[] = []
  const withoutQuery = template.replace(/\{[?&][^{}]*\}/g, '').replace(/[?#](?![^{]*\}).*$/s, '')
  if (withoutQuery !== template) notes.push('query and fragment take no part in choosing a rule')
  const segments = splitTemplate(withoutQuery, deep)
  if (segments === null) return { fault: 'has a brace without its counterpart' }
  const writer = createWriter(notes)
  const written = segments.flatMap((parts) => writer.writeSegment(parts))
  return { pattern: `/${written.join('/')}`, notes, fits: writer.fits() }
}

function splitTemplate(template: string, deep: ReadonlySet<string>): Part[][] | null {
  const segments: Part[][] = []
  let consumed = 0
  for (const [whole, expression] of template.matchAll(token)) {
    consumed += whole.length
    if (whole === '/') segments.push([])
    else segments.at(-1)?.push(expression === undefined ? whole : readExpression(expression, deep))
  }
  return consumed === template.length ? segments : null
}

/**
 * `{name}`; and what routers and gateways write beside the standard: `{+name}`, `{name*}`, `{name+}`, `{name:path}`
 * span slashes, `{name:[0-9]+}` has a form.
 */
function readExpression(text: string, deep: ReadonlySet<string>): Expression {
  const [, operator = '', name = '', explode = '', form = ''] = /^([+#.;]?)(.*?)([*+]?)(:.*)?$/s.exec(text) ?? []
  const isDeep = operator === '+' || explode !== '' || /^:(path|\.[*+])$/.test(form) || deep.has(text) || deep.has(name)
  return { name, isDeep, hasForm: form !== '' && !isDeep }
}

function createWriter(notes: string[]) {
  const names = new Set<string>()
  let fits: TemplatePattern['fits'] = 'exactly'
  let deepCount = 0

  const widen = (to: 'more' | 'much more', note: string): void => {
    notes.push(note)
    if (fits !== 'much more') fits = to
  }

  /** Names of patterns are letters, digits and underscores, each once. */
  function nameFor(written: string): string {
    const plain = written.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])|^$/, '_')
    let name = plain
    for (let count = 2; names.has(name); count++) name = `${plain}_${count}`
    names.add(name)
    return name
  }

  function writeExpression(expression: Expression): string[] {
    const { name, isDeep, hasForm } = expression
    if (hasForm) widen('more', `the form of {${name}} is not looked at`)
    const segment = `{${nameFor(name)}}`
    if (!isDeep) return [segment]
    if (deepCount === mostDeep) {
      notes.push(`{${name}} is one segment here: a pattern spans slashes at most ${mostDeep} times`)
      return [segment]
    }
    deepCount += 1
    return [segment, '**']
  }

  function writeMixed(parts: readonly Part[]): string {
    const written = parts.map((part) => (typeof part === 'string' ? writeLiteral(part) : '*')).join('')
    const glob = written.replace(/\*{2,}/g, '*')
    for (const part of parts) {
      if (typeof part === 'string') continue
      if (part.hasForm) widen('more', `the form of {${part.name}} is not looked at`)
      if (part.isDeep) notes.push(`{${part.name}} ends at a slash here: only a whole segment can span more`)
    }
    const runs = glob.split('*')
    if (runs.length - 1 <= mostStars) return glob
    widen(
      'much more',
      `a segment of a pattern holds at most ${mostStars} runs, so this one is kept shut until it is split`
    )
    return `${runs[0]}*${runs.at(-1)}`
  }

  function writeLiteral(text: string): string {
    if (text.includes('*')) widen('more', '`*` is a wildcard here, not itself')
    return text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@%]/gu, encodeURIComponent)
  }

  return {
    fits: () => fits,
    writeSegment(parts: readonly Part[]): string[] {
      const [only] = parts
      if (parts.length === 1 && only !== undefined && typeof only !== 'string') return writeExpression(only)
      return [writeMixed(parts)]
    }
  }
}
