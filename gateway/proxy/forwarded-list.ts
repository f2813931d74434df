/** RFC 7239 §4: one pair, its value a token or a quoted string, and what ends it. Sticky, so reading is linear. */
const PAIR = /([\w!#$%&'*+.^`|~-]+)=([\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")(;|[ \t]*,[ \t]*|$)/gy

const unquote = (value: string) => (value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value)

/**
 * Who stands in each element of a `Forwarded` field as `for`, null where nobody does; or null for a field that is not
 * written as RFC 7239 says, of which nothing can be believed, since a reader may end a quotation elsewhere than we do.
 */
export function readForwarded(field: string): readonly (string | null)[] | null {
  const nodes: (string | null)[] = []
  let node: string | null = null
  let end = 0
  let separator = ','
  for (const [pair, name = '', value = '', after = ''] of field.matchAll(PAIR)) {
    if (name.toLowerCase() === 'for') {
      if (node !== null) return null
      node = unquote(value)
    }
    if (after !== ';') {
      nodes.push(node)
      node = null
    }
    end += pair.length
    separator = after
  }
  return end === field.length && separator === '' ? nodes : null
}
