/** What a page of another site makes its visitor's browser send. */
import { type Attack, line, type PositionName, requestFrom, type Shot } from '../attack.js'

const ANYWHERE: readonly PositionName[] = ['stranger-refused', 'stranger-passes', 'user-passes', 'endpoint']

const EVIL = 'https://attack.invalid'

/** Name, origin, source: pages that are none of the listed ones. */
const ORIGINS: readonly (readonly [name: string, origin: (host: string) => string, source: string])[] = [
  ['foreign', () => EVIL, 'CWE-942'],
  ['null', () => 'null', 'CWE-942; PortSwigger: sandboxed frames'],
  ['own-host-as-prefix', (host) => `https://${host.split(':')[0]}.attack.invalid`, 'CWE-942'],
  ['own-host-as-suffix', (host) => `https://attack${host.split(':')[0]}`, 'CWE-942'],
  ['own-host-as-user', (host) => `https://${host}@attack.invalid`, 'CWE-942'],
  ['file', () => 'file://', 'CWE-942'],
  ['underscore', (host) => `https://${host.split(':')[0]}_.attack.invalid`, 'PortSwigger: validation of origins']
]

const ALLOWS = /^access-control-allow-origin:\s*(?:null|file:|https?:\/\/[^\r\n]*attack)[^\r\n]*/im
const ANY_WITH_CREDENTIALS = /^access-control-allow-origin:\s*\*[\s\S]*^access-control-allow-credentials:\s*true/im
const neverAnswered = new RegExp(`${ALLOWS.source}|${ANY_WITH_CREDENTIALS.source}`, 'im')

const form = ({ username, password }: { readonly username: string; readonly password: string }) =>
  new URLSearchParams({ username, password, cookies: 'true' }).toString()

/** Name, fields, source: a page of another site signs its visitor in as somebody whom it knows. */
const PAGES: readonly (readonly [name: string, lines: string, source: string])[] = [
  ['foreign-origin', line('Origin', EVIL), 'CWE-352: login CSRF'],
  ['null-origin', line('Origin', 'null'), 'CWE-352: login CSRF'],
  ['cross-site', line('Sec-Fetch-Site', 'cross-site'), 'W3C Fetch Metadata §2.3'],
  ['same-site', line('Sec-Fetch-Site', 'same-site') + line('Origin', EVIL), 'W3C Fetch Metadata §2.3'],
  ['no-origin', '', 'CWE-352'],
  ['referer-only', line('Referer', `${EVIL}/`), 'CWE-352']
]

const signIn = ({ position, prefix, account }: Shot, lines: string): string | null => {
  if (account === null) return null
  const body = form(account)
  const fields = line('Content-Type', 'application/x-www-form-urlencoded') + line('Content-Length', String(body.length))
  return requestFrom(position, { method: 'POST', target: `${prefix}/login`, lines: lines + fields, body })
}

export const browsers: readonly Attack[] = [
  ...ORIGINS.flatMap(([name, origin, source]) => {
    const common = {
      family: 'browsers',
      why: 'A page of another site reads answers that are meant for its visitor.',
      source,
      neverAnswered
    } as const
    const preflight =
      line('Access-Control-Request-Method', 'GET') + line('Access-Control-Request-Headers', 'authorization')
    return [
      {
        ...common,
        id: `browsers/origin-${name}`,
        from: ANYWHERE,
        send: ({ position }) => requestFrom(position, { lines: line('Origin', origin(position.host)) })
      },
      {
        ...common,
        id: `browsers/preflight-${name}`,
        from: ['stranger-refused', 'endpoint'],
        send: ({ position }) =>
          requestFrom(position, { method: 'OPTIONS', lines: line('Origin', origin(position.host)) + preflight })
      }
    ] satisfies Attack[]
  }),
  ...PAGES.map(([name, lines, source]): Attack => {
    return {
      id: `browsers/login-form-${name}`,
      family: 'browsers',
      why: 'The browser keeps a session that its user never opened.',
      source,
      from: ['endpoint'],
      due: 'refusal',
      neverAnswered: /^set-cookie:[^\r\n]*/im,
      send: (shot) => signIn(shot, lines)
    }
  })
]
