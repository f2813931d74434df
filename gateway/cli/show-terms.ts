/** What else a rule says of what it lets through, in the words of the file. */
import type { Rule } from '../domain.js'
import { showDuration } from './shown.js'

type Terms = Pick<Rule, 'maxBody' | 'websocket'>

/** `10mb`; `none`: of any size. */
export function showMaxBody({ maxBody }: Terms): string {
  if (maxBody === null) return 'none'
  const units = [
    ['gb', 1024 ** 3],
    ['mb', 1024 ** 2],
    ['kb', 1024]
  ] as const
  const [unit, octets] = units.find(([, octets]) => maxBody % octets === 0) ?? [' octets', 1]
  return `${maxBody / octets}${unit}`
}

/** `false`, or what ends them. */
export function showWebSocket({ websocket }: Terms): string {
  if (websocket === null) return 'false'
  return `ends_with ${websocket.endsWith}, idle_timeout ${showDuration(websocket.idleTimeoutMs)}`
}

/** What it does not let through, if anything: `bodies up to 10mb`, `no WebSockets`. */
export const boundsOf = (terms: Terms): readonly string[] => [
  ...(terms.maxBody === null ? [] : [`bodies up to ${showMaxBody(terms)}`]),
  ...(terms.websocket === null ? ['no WebSockets'] : [])
]

/** As `--json` answers: octets, null for any number; false, or what ends WebSockets. */
export const termsAsJson = ({ maxBody, websocket }: Terms) => ({
  max_body: maxBody,
  websocket: websocket === null ? false : { ends_with: websocket.endsWith, idle_timeout_ms: websocket.idleTimeoutMs }
})
