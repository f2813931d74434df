/** Text of a stranger's document inside of what a person reads, and inside of YAML. */

const mostCharacters = 110

/** One line of visible text: nothing in it moves a cursor, turns a line around or ends a comment. */
export function oneLine(text: string, most = mostCharacters): string {
  // No more is read than could be shown.
  const visible = text
    .slice(0, most * 4)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  const characters = [...visible]
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : visible
}

const words = /^(true|false|null|yes|no|on|off|y|n)$/i

/** A YAML scalar that is read as this very text, here and inside of brackets; the environment stays out of it. */
export function scalar(text: string): string {
  const escaped = text.replace(/\$(?=\{)/g, () => '$$')
  const isPlain = /^[A-Za-z/][\w./:@+~-]*$/.test(escaped) && !escaped.endsWith(':') && !words.test(escaped)
  return isPlain ? escaped : JSON.stringify(escaped)
}

/** As a value that stands alone on its line, where braces need no quotes. */
export function blockScalar(text: string): string {
  const isPlain = /^\/[\w./:@+~*{}-]*$/.test(text) && !text.endsWith(':')
  return isPlain ? text : scalar(text)
}
