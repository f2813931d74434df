/**
 * The one canonicaliser: a request path in the single spelling that is judged and forwarded, or the reason why it
 * has none. What two servers could read in two ways is refused here, whatever the rules say.
 */
declare const canonical: unique symbol

/** A request path in the one spelling that is judged and forwarded. */
export type CanonicalPath = string & { readonly [canonical]: true }

/** Bits of `oddities`: what only some upstreams may receive. */
export const EncodedSlash = 1
export const Semicolon = 2
export const EmptySegments = 4

export type ParsedPath = { readonly path: CanonicalPath; readonly oddities: number } | { readonly fault: string }

/** Each branch starts with a character that the one before it cannot take, so nothing backtracks. */
const nothingToDo = /^\/(?:[\w~!$&'()*+,=:@-][\w.~!$&'()*+,=:@-]*(?:\/[\w~!$&'()*+,=:@-][\w.~!$&'()*+,=:@-]*)*\/?)?$/

type Refusal = readonly [pattern: RegExp, fault: string]

const refusedAsSent: readonly Refusal[] = [
  [/^(?!\/)/, 'The path does not begin with a slash.'],
  [/[^!-~]/, 'The path holds a character that must be percent-encoded.'],
  [/[#?]/, 'The path holds a query or a fragment.'],
  [/\\/, 'The path holds a backslash.'],
  // None of these is a pchar (RFC 3986 §3.3), and some servers escape, cut or refuse them. `[ ] | ^` are none either,
  // but browsers send them as they are (WHATWG URL, path percent-encode set) and servers read them as plain data.
  [/["<>`{}]/, 'The path holds a character that must be percent-encoded.'],
  [/%(?![0-9A-Fa-f]{2})/, 'The path holds a malformed escape.']
]

const refusedWhenCanonical: readonly Refusal[] = [
  [/%(?:[01]|7F|C2%[89])/, 'The path holds a control character.'],
  [/%5C/, 'The path holds a backslash.'],
  [/%25(?:00|2[35EF]|3F|5C)/i, 'The path holds an escape of an escape.'],
  // Servlet containers cut `;params` before they resolve dots, others decode `%2F`, `%3F` and `%23` first: each end of
  // a segment that anyone sees counts.
  [/(?:\/|%2F)\.\.?(?:\/|;|%2F|%3B|%253[Bb]|%3F|%23|$)/, 'The path holds a dot segment.']
]

const unreserved = /[\w.~-]/

const octet = (triplet: string): string => String.fromCharCode(Number.parseInt(triplet.slice(1), 16))

/** RFC 3986 §6.2.2: escapes of unreserved characters mean the characters, and hexadecimal digits are upper case. */
const canonicalTriplet = (triplet: string): string => {
  const character = octet(triplet)
  return unreserved.test(character) ? character : triplet.toUpperCase()
}

const isUtf8 = (path: string): boolean => {
  try {
    // RFC 3629 §3: decodeURIComponent refuses overlong forms, surrogates and truncated sequences.
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

const runOfEscapes = /(?:%[0-9A-Fa-f]{2})+/g

/** What a second decoding makes of a text; bytes that are no UTF-8 stay escaped, as in most servers that do this. */
export const decodeAgain = (text: string): string =>
  text.replace(runOfEscapes, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run.replace(/%[2-7]./g, octet)
    }
  })

const overlongOrControl = /%(?:[01]|7f|c[01]|c2%[89]|e0%[89]|f0%8)/i

/**
 * Text such as `50%20off`, escaped twice, is common and harmless. A third depth, or a control character or an overlong
 * sequence at the second, has no innocent use, and whoever decodes it reads what nobody else does.
 */
const endsAtSecondDecoding = (path: string): boolean => {
  const once = decodeURIComponent(path)
  const twice = decodeAgain(once)
  return !overlongOrControl.test(once) && decodeAgain(twice) === twice
}

const oddSlash = /%2F/
const oddSemicolon = /;|%3B/

/**
 * The canonical form of the path of an origin-form target, without its query, as Node gives it (latin1), with the
 * `oddities` in it; or a sentence for the client that repeats nothing of the input.
 */
export const parseCanonicalPath = (raw: string): ParsedPath => {
  if (nothingToDo.test(raw)) return { path: raw as CanonicalPath, oddities: 0 }
  for (const [pattern, fault] of refusedAsSent) if (pattern.test(raw)) return { fault }
  const path = raw.replace(/%../g, canonicalTriplet)
  for (const [pattern, fault] of refusedWhenCanonical) if (pattern.test(path)) return { fault }
  if (!isUtf8(path)) return { fault: 'The path holds escapes that are not UTF-8.' }
  if (path.includes('%25') && !endsAtSecondDecoding(path)) return { fault: 'The path holds an escape of an escape.' }
  const oddities =
    (oddSlash.test(path) ? EncodedSlash : 0) |
    (oddSemicolon.test(path) ? Semicolon : 0) |
    (path.includes('//') ? EmptySegments : 0)
  return { path: path as CanonicalPath, oddities }
}
