/**
 * How common upstreams read what they are sent: paths and field names. Written from what those servers document, without
 * a look at the gateway. Text is latin1, one character a byte, as it arrives.
 */
import { type Message, valuesOf } from './strict-http.js'

const decode = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** RFC 3986 §5.2.4, on whole segments. */
function resolveDots(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  const resolved = kept.join('/')
  return resolved.startsWith('/') ? resolved : `/${resolved}`
}

const merge = (path: string) => path.replace(/\/{2,}/g, '/')
const untail = (path: string) => path.replace(/(?<=.)\/+$/, '')
const withoutParameters = (path: string) => path.replace(/;[^/]*/g, '')

export interface PathReader {
  readonly name: string
  /** Whether it takes `/A` for `/a`: none of these may stand behind `case: sensitive`. */
  readonly caseBlind: boolean
  readonly read: (path: string) => string
}

export const pathReaders: readonly PathReader[] = [
  { name: 'CGI: PATH_INFO is decoded', caseBlind: false, read: decode },
  {
    name: 'nginx: decoded, slashes merged, dots resolved',
    caseBlind: false,
    read: (path) => resolveDots(merge(decode(path)))
  },
  {
    name: 'a servlet container: parameters cut, then decoded, dots resolved',
    caseBlind: false,
    read: (path) => resolveDots(merge(decode(withoutParameters(path))))
  },
  {
    name: 'a framework that decodes before it cuts parameters',
    caseBlind: false,
    read: (path) => resolveDots(merge(withoutParameters(decode(path))))
  },
  { name: 'a router that takes /A/ for /a', caseBlind: true, read: (path) => untail(decode(path).toLowerCase()) },
  { name: 'a router that ignores a final slash', caseBlind: false, read: (path) => untail(decode(path)) },
  {
    name: 'IIS: decoded twice, backslashes, letter case',
    caseBlind: true,
    read: (path) => resolveDots(merge(decode(decode(path)).replaceAll('\\', '/'))).toLowerCase()
  },
  {
    name: 'a second server behind the first: decoded twice',
    caseBlind: false,
    read: (path) => resolveDots(merge(decode(decode(path))))
  },
  {
    name: 'PHP: parse_url takes two slashes for a host',
    caseBlind: false,
    read: (path) => decode(path.replace(/^\/\/[^/]*/, '') || '/')
  },
  {
    name: 'Node: new URL() takes slashes for a host',
    caseBlind: false,
    read: (path) => {
      try {
        return decode(new URL(path, 'http://upstream.test').pathname)
      } catch {
        return decode(path)
      }
    }
  },
  {
    name: 'C: a string ends at NUL, a path at ? or #',
    caseBlind: false,
    read: (path) => decode(path).replace(/[\0?#].*$/s, '') || '/'
  }
]

export interface NameReader {
  readonly name: string
  readonly read: (field: string) => string
}

/** What a field name becomes before an application looks it up, in lower case. */
export const nameReaders: readonly NameReader[] = [
  { name: 'HTTP: any letter case', read: (field) => field.toLowerCase() },
  { name: 'CGI, WSGI, Rack: - is _', read: (field) => field.toLowerCase().replaceAll('-', '_') },
  { name: 'PHP: -, . and blank are _', read: (field) => field.toLowerCase().replace(/[-. ]/g, '_') },
  {
    name: 'Apache, IIS: whatever is no letter or digit is _',
    read: (field) => field.toLowerCase().replace(/[^a-z0-9]/g, '_')
  }
]

/** All values that a reader finds under a name, in their order. */
export const valuesReadAs = (message: Message, reader: NameReader, name: string): string[] => {
  const sought = reader.read(name)
  return message.fields.filter(([field]) => reader.read(field) === sought).map(([, value]) => value)
}

/** The values that an upstream may take of several: the first, the last, or all of them as one. */
export const valuesTaken = (values: readonly string[]): string[] =>
  values.length === 0 ? [] : [values[0] ?? '', values.at(-1) ?? '', values.join(','), values.join(', ')]

export const hostOf = (message: Message): string =>
  (valuesOf(message, 'host')[0] ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
