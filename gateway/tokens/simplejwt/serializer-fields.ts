import { FrameworkRefusal } from './framework-refusal.js'
import type { RequestData } from './request-data.js'

/** What `str.strip()` takes off: Python's idea of white space, which differs from JavaScript's. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const EDGES = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, 'g')
const SURROGATE = /[\ud800-\udfff]/u

/** Text as it stands, and numbers as text; `str()` of Python and of JavaScript agree on whole ones. */
const textOf = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' ? String(value).replace(EDGES, '') : null

/** What a CharField says of a value (rest_framework/fields.py); text: what it reads. */
function readCharField(value: unknown): string | readonly string[] {
  if (value === undefined) return ['This field is required.']
  if (value === null) return ['This field may not be null.']
  const text = textOf(value)
  if (text === null) return ['Not a valid string.']
  if (text === '') return ['This field may not be blank.']
  const surrogate = SURROGATE.exec(text)?.[0].charCodeAt(0).toString(16).toUpperCase()
  const faults = [
    ...(text.includes('\0') ? ['Null characters are not allowed.'] : []),
    ...(surrogate === undefined ? [] : [`Surrogate characters are not allowed: U+${surrogate}.`])
  ]
  return faults.length === 0 ? text : faults
}

/** Reads fields as a serializer of CharFields does: all of them, or the faults of each. */
export function readFields<const Name extends string>(data: RequestData, names: readonly Name[]): Record<Name, string> {
  const read = names.map((name) => [name, readCharField(data.get(name))] as const)
  const faults = read.filter(([, field]) => typeof field !== 'string')
  if (faults.length > 0) throw new FrameworkRefusal('invalid_request', Object.fromEntries(faults))
  return Object.fromEntries(read) as Record<Name, string>
}
