/** What strangers may reach, in lines for a terminal and as JSON. */
import type { Rule } from '../domain.js'
import { linesOf } from '../on-paper/index.js'
import type { OpenArea } from '../policy/index.js'
import { boundsOf, termsAsJson } from './show-terms.js'
import { printable } from './shown.js'

/** `GET,POST api.example.com/api/**`: what a rule is chosen by. */
export const showPattern = ({ methods, hosts, path }: Pick<Rule, 'methods' | 'hosts' | 'path'>): string =>
  `${methods === null ? '' : `${methods.join(',')} `}${hosts === null ? '' : hosts.join(',')}${path}`

/** `from network 10.0.0.0/8; except what lines 3 and 5 take from it; bodies up to 1mb; no WebSockets`; empty where nothing is to be added. */
export function showBounds({ rule, from, except, isCertain }: OpenArea): string {
  return [
    ...(from === null ? [] : [`from ${from.join(' or ')}`]),
    ...(except.length === 0 ? [] : [`except what ${linesOf(except)} take${except.length === 1 ? 's' : ''} from it`]),
    ...boundsOf(rule),
    ...(isCertain ? [] : ['if any request comes to it, which is undecided'])
  ].join('; ')
}

/** At most so many lines beside the first one. */
export function showOpen(open: readonly OpenArea[], most: number): string {
  if (open.length === 0) return 'Without signing in nobody reaches anything.'
  const rows = open.slice(0, most).map((area) => {
    const bounds = showBounds(area)
    return printable(`  ${showPattern(area.rule)}${bounds === '' ? '' : `  (${bounds})`}`)
  })
  const left = open.length - rows.length
  const more = left > 0 ? [`  and ${left} more, which \`portcullis access\` lists`] : []
  return ['Anyone may reach, without signing in:', ...rows, ...more].join('\n')
}

export const openJson = (open: readonly OpenArea[]) =>
  open.map(({ rule, from, except, isCertain }) => ({
    line: rule.line,
    path: rule.path,
    methods: rule.methods,
    hosts: rule.hosts,
    from,
    except: except.map(({ line, path }) => ({ line, path })),
    ...termsAsJson(rule),
    exact: isCertain
  }))
