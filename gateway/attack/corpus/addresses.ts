/** Where a request claims to come from and to go to. */
import { type Attack, fill, line, MARK, type PositionName, requestFrom } from '../attack.js'

const WHERE_IT_PASSES: readonly PositionName[] = ['stranger-passes', 'user-passes']
const EVERYWHERE: readonly PositionName[] = ['stranger-refused', 'user-refused', ...WHERE_IT_PASSES]

/** RFC 5737: nobody's. */
const ADDRESS = '203.0.113.66'

/** Name, value, source. */
const ORIGINS: readonly (readonly [name: string, value: string, source: string])[] = [
  ['X-Forwarded-For', ADDRESS, 'CWE-348; CVE-2020-28483'],
  ['X-Forwarded-For', `127.0.0.1, ${ADDRESS}`, 'CWE-348'],
  ['X_Forwarded_For', ADDRESS, 'CWE-348'],
  ['X-Forwarded-Host', `${MARK}.invalid`, 'CVE-2025-31137; cache poisoning'],
  ['X-Forwarded-Proto', MARK, 'CWE-348'],
  ['X-Forwarded-Scheme', MARK, 'CWE-348; Rack'],
  ['X-Forwarded-Server', `${MARK}.invalid`, 'CWE-348'],
  ['X-Forwarded-Ssl', 'on', 'CWE-348; Rack'],
  ['X-Real-IP', ADDRESS, 'CWE-348; nginx'],
  ['X_Real_IP', ADDRESS, 'CWE-348; nginx'],
  ['Forwarded', `for=${ADDRESS};host=${MARK}.invalid;proto=${MARK}`, 'RFC 7239 §8.1'],
  ['X-Original-Host', `${MARK}.invalid`, 'Azure Application Gateway'],
  ['X-Request-Id', MARK, 'CWE-117: lines in a log'],
  ['Traceparent', MARK, 'W3C Trace Context §5'],
  ['Proxy', `http://${MARK}.invalid`, 'CVE-2016-5385 (httpoxy)']
]

/** Of these the value does not tell whether it is the client's. */
const NEVER: Readonly<Record<string, RegExp>> = {
  Proxy: /(?:^|")proxy"?:/im,
  'X-Forwarded-Ssl': /(?:^|")x-forwarded-ssl"?:/im
}

/** Name, Host lines, source: of which none is one valid Host (RFC 9112 §3.2). */
const HOSTS: readonly (readonly [name: string, lines: string, source: string])[] = [
  ['absent', '', 'RFC 9112 §3.2'],
  ['empty', 'Host:\r\n', 'RFC 9112 §3.2'],
  ['twice', 'Host: {host}\r\nHost: {host}\r\n', 'RFC 9112 §3.2'],
  ['another-too', 'Host: {host}\r\nHost: attack.invalid\r\n', 'RFC 9112 §3.2; cache poisoning'],
  ['another-first', 'Host: attack.invalid\r\nHost: {host}\r\n', 'RFC 9112 §3.2'],
  ['another-in-other-case', 'Host: {host}\r\nhOsT: attack.invalid\r\n', 'RFC 9112 §3.2'],
  ['space-before-colon', 'Host : {host}\r\n', 'RFC 9112 §5.1'],
  ['folded', 'Host: {host}\r\n attack.invalid\r\n', 'RFC 9112 §5.2'],
  ['with-user', 'Host: x@{host}\r\n', 'RFC 9110 §7.2'],
  ['with-path', 'Host: {host}/x\r\n', 'RFC 9110 §7.2'],
  ['with-query', 'Host: {host}?x\r\n', 'RFC 9110 §7.2'],
  ['with-fragment', 'Host: {host}#x\r\n', 'RFC 9110 §7.2'],
  ['with-scheme', 'Host: http://{host}\r\n', 'RFC 9110 §7.2'],
  ['list', 'Host: {host}, attack.invalid\r\n', 'RFC 9110 §7.2'],
  ['two-words', 'Host: {host} attack.invalid\r\n', 'RFC 9110 §7.2'],
  ['port-no-number', 'Host: attack.invalid:http\r\n', 'RFC 9110 §7.2'],
  ['two-ports', 'Host: attack.invalid:80:80\r\n', 'RFC 9110 §7.2'],
  ['backslash', 'Host: {host}\\x\r\n', 'RFC 9110 §7.2'],
  ['escaped', 'Host: attack%2einvalid\r\n', 'RFC 9110 §7.2'],
  ['nul', 'Host: {host}\0\r\n', 'RFC 9110 §5.5'],
  ['utf-8', 'Host: att\xc3\xa4ck.invalid\r\n', 'RFC 9110 §7.2'],
  ['open-bracket', 'Host: [::1\r\n', 'RFC 3986 §3.2.2'],
  ['dot', 'Host: .\r\n', 'RFC 1034 §3.1']
]

/** Name, request line and Host, source. */
const TARGETS: typeof HOSTS = [
  ['absolute-and-another-host', 'GET http://{host}{path} HTTP/1.1\r\nHost: attack.invalid\r\n', 'RFC 9112 §3.2.2'],
  ['another-absolute', 'GET http://attack.invalid{path} HTTP/1.1\r\nHost: {host}\r\n', 'RFC 9112 §3.2.2'],
  ['absolute-with-user', 'GET http://{host}@attack.invalid{path} HTTP/1.1\r\nHost: {host}\r\n', 'RFC 9110 §4.2.4'],
  ['absolute-without-host', 'GET http://{host}{path} HTTP/1.1\r\n', 'RFC 9112 §3.2'],
  ['two-targets', 'GET {path} /x HTTP/1.1\r\nHost: {host}\r\n', 'RFC 9112 §3'],
  ['tab-for-space', 'GET\t{path} HTTP/1.1\r\nHost: {host}\r\n', 'RFC 9112 §3'],
  ['http-2-0', 'GET {path} HTTP/2.0\r\nHost: {host}\r\n', 'RFC 9112 §2.3'],
  ['http-1-2', 'GET {path} HTTP/1.2\r\nHost: {host}\r\n', 'RFC 9112 §2.3'],
  ['http-0-9-with-version', 'GET {path} HTTP/0.9\r\nHost: {host}\r\n', 'RFC 9112 §2.3'],
  ['http-lower-case', 'GET {path} http/1.1\r\nHost: {host}\r\n', 'RFC 9112 §2.3'],
  ['no-version', 'GET {path}\r\nHost: {host}\r\n', 'RFC 9112 §2.3'],
  ['asterisk', 'GET * HTTP/1.1\r\nHost: {host}\r\n', 'RFC 9112 §3.2.4'],
  ['bare-lf', 'GET {path} HTTP/1.1\nHost: {host}\n', 'RFC 9112 §2.2']
]

export const addresses: readonly Attack[] = [
  ...ORIGINS.map(([name, value, source], place): Attack => {
    return {
      id: `addresses/${name.toLowerCase().replaceAll('_', '-')}-${place + 1}`,
      family: 'addresses',
      why: 'Whoever believes it limits, logs or links by an address that the client has chosen.',
      source,
      from: EVERYWHERE,
      neverArrives: NEVER[name] ?? /203\.0\.113\.66/,
      send: ({ position }) => requestFrom(position, { lines: line(name, value) })
    }
  }),
  ...HOSTS.map(([name, lines, source]): Attack => {
    return {
      id: `addresses/host-${name}`,
      family: 'addresses',
      why: 'The rule is chosen by one host, and the upstream answers for another.',
      source,
      from: WHERE_IT_PASSES,
      due: 'refusal',
      send: ({ position: { method, path, host, token } }) => {
        const shown = token === null ? '' : line('Authorization', `Bearer ${token}`)
        return `${method} ${path} HTTP/1.1\r\n${fill(lines, { host })}${shown}Connection: close\r\n\r\n`
      }
    }
  }),
  ...TARGETS.map(([name, head, source]): Attack => {
    return {
      id: `addresses/target-${name}`,
      family: 'addresses',
      why: 'The request line has two readings.',
      source,
      from: WHERE_IT_PASSES,
      due: 'refusal',
      mayClose: true,
      send: ({ position: { path, host, token } }) => {
        const shown = token === null ? '' : line('Authorization', `Bearer ${token}`)
        return `${fill(head, { host, path })}${shown}Connection: close\r\n\r\n`
      }
    }
  })
]
