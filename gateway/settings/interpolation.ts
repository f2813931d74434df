import { quote } from './findings.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface InterpolationFault {
  readonly message: string
  readonly hint: string | null
}

const mostFaults = 10
const reference = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})?/g

/**
 * Puts `${NAME}` and `${NAME:-default}` in place inside one string; the result is never read as YAML.
 * As in a shell, `:-` also stands in for a value that is set but empty. `$${` is a plain `${`.
 */
export function interpolate(
  text: string,
  environment: Environment
): { readonly text: string } | { readonly faults: readonly InterpolationFault[] } {
  // By message: of the same thing over and over once is enough.
  const faults = new Map<string, InterpolationFault>()
  const note = (message: string, hint: string) => {
    if (faults.size < mostFaults) faults.set(message, { message, hint })
    return ''
  }
  const replaced = text.replace(reference, (whole: string, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$${') return '${'
    if (name === undefined) {
      return note("has a '${' that is no reference", `write \${NAME} or \${NAME:-default}, or $\${ for a plain \${`)
    }
    // Own properties only: an environment has no variable called `constructor`.
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value !== undefined) return value
    return note(`the environment variable ${quote(name)} is not set`, `set it, or write \${${name}:-default}`)
  })
  return faults.size > 0 ? { faults: [...faults.values()] } : { text: replaced }
}
