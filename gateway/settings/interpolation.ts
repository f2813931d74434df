import { quote } from './findings.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface InterpolationFault {
  readonly message: string
  readonly hint: string | null
}

const reference = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})?/g

/**
 * Puts `${NAME}` and `${NAME:-default}` in place inside one string; the result is never read as YAML.
 * As in a shell, `:-` also stands in for a value that is set but empty. `$${` is a plain `${`.
 */
export function interpolate(
  text: string,
  environment: Environment
): { readonly text: string } | { readonly faults: readonly InterpolationFault[] } {
  const faults: InterpolationFault[] = []
  const replaced = text.replace(reference, (whole: string, name: string | undefined, fallback: string | undefined) => {
    if (whole === '$${') return '${'
    if (name === undefined) {
      faults.push({
        message: "has a '${' that is no reference",
        hint: `write \${NAME} or \${NAME:-default}, or $\${ for a plain \${`
      })
      return ''
    }
    // Own properties only: an environment has no variable called `constructor`.
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value !== undefined) return value
    faults.push({
      message: `the environment variable ${quote(name)} is not set`,
      hint: `set it, or write \${${name}:-default}`
    })
    return ''
  })
  return faults.length > 0 ? { faults } : { text: replaced }
}
