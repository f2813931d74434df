/** Where one message ends and the next one begins: what two servers must never disagree about. */
import { type Attack, line, type Position, type PositionName, type Shot, SMUGGLED } from '../attack.js'

const WHERE_IT_PASSES: readonly PositionName[] = ['stranger-passes', 'user-passes']

const TE = 'Transfer-Encoding: chunked\r\n'

/** Name, fields, body, source: of each the end is in doubt. */
const FAULTS: readonly (readonly [name: string, fields: string, body: string, source: string])[] = [
  ['te-and-cl', `${TE}Content-Length: 5\r\n`, '0\r\n\r\n', 'RFC 9112 §6.1; PortSwigger: HTTP desync attacks (2019)'],
  ['cl-and-te', `Content-Length: 5\r\n${TE}`, '0\r\n\r\n', 'RFC 9112 §6.1'],
  ['cl-0-and-te', `Content-Length: 0\r\n${TE}`, '0\r\n\r\n', 'RFC 9112 §6.1'],
  ['cl-twice-different', 'Content-Length: 5\r\nContent-Length: 0\r\n', 'hello', 'RFC 9112 §6.3'],
  ['cl-twice-alike', 'Content-Length: 0\r\nContent-Length: 0\r\n', '', 'RFC 9110 §8.6'],
  ['cl-list', 'Content-Length: 0, 0\r\n', '', 'RFC 9110 §8.6'],
  ['cl-plus', 'Content-Length: +0\r\n', '', 'RFC 9110 §8.6'],
  ['cl-minus', 'Content-Length: -1\r\n', '', 'RFC 9110 §8.6'],
  ['cl-hex', 'Content-Length: 0x0\r\n', '', 'RFC 9110 §8.6'],
  ['cl-space-inside', 'Content-Length: 0 0\r\n', '', 'CVE-2018-7159'],
  ['cl-fraction', 'Content-Length: 0.0\r\n', '', 'RFC 9110 §8.6'],
  ['cl-exponent', 'Content-Length: 0e1\r\n', '', 'RFC 9110 §8.6'],
  ['cl-empty', 'Content-Length: \r\n', '', 'RFC 9110 §8.6'],
  ['cl-beyond-64-bits', 'Content-Length: 18446744073709551616\r\n', '', 'CWE-190'],
  ['cl-space-before-colon', 'Content-Length : 0\r\n', '', 'CVE-2019-16869; RFC 9112 §5.1'],
  ['cl-letters', 'Content-Length: abc\r\n', '', 'RFC 9110 §8.6'],
  ['te-identity', 'Transfer-Encoding: identity\r\n', '', 'RFC 9112 §6.1'],
  ['te-gzip', 'Transfer-Encoding: gzip\r\n', '', 'RFC 9112 §6.1'],
  ['te-chunked-gzip', 'Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n', 'RFC 9112 §6.3'],
  ['te-gzip-chunked', 'Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n', 'RFC 9112 §6.1'],
  ['te-twice', `${TE}${TE}`, '0\r\n\r\n', 'RFC 9112 §6.1; CVE-2024-1135 (gunicorn)'],
  [
    'te-twice-different',
    `${TE}Transfer-Encoding: identity\r\n`,
    '0\r\n\r\n',
    'PortSwigger: HTTP desync attacks (2019)'
  ],
  ['te-xchunked', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n', 'PortSwigger: HTTP desync attacks (2019)'],
  ['te-quoted', 'Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n', 'RFC 9112 §6.1'],
  ['te-parameter', 'Transfer-Encoding: chunked;q=1\r\n', '0\r\n\r\n', 'RFC 9112 §7'],
  ['te-vertical-tab', 'Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n', 'PortSwigger: HTTP desync attacks (2019)'],
  ['te-nul', 'Transfer-Encoding: chunked\0\r\n', '0\r\n\r\n', 'RFC 9110 §5.5'],
  ['te-empty', 'Transfer-Encoding:\r\n', '0\r\n\r\n', 'RFC 9112 §6.1'],
  ['te-comma', 'Transfer-Encoding: chunked,\r\n', '0\r\n\r\n', 'CVE-2022-32213'],
  ['te-space-before-colon', 'Transfer-Encoding : chunked\r\n', '0\r\n\r\n', 'RFC 9112 §5.1'],
  ['te-folded', 'Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n', 'CVE-2022-32215; RFC 9112 §5.2'],
  ['te-after-bare-lf', 'X-A: a\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n', 'CVE-2022-32214'],
  ['te-after-bare-cr', 'X-A: a\rTransfer-Encoding: chunked\r\n', '0\r\n\r\n', 'CVE-2023-30589'],
  ['line-without-colon', 'X-None\r\n', '', 'RFC 9112 §5'],
  ['chunk-size-no-number', TE, 'x\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-size-plus', TE, '+5\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-size-minus', TE, '-5\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-size-0x', TE, '0x5\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-size-underscore', TE, '0_5\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1: Python reads it as 5'],
  ['chunk-size-leading-space', TE, ' 5\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-size-trailing-space', TE, '5 \r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1'],
  ['chunk-size-beyond-64-bits', TE, '10000000000000005\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-size-empty', TE, '\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-longer-than-said', TE, '4\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-ended-by-lf', TE, '5\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-data-ended-by-lf', TE, '5\r\nhello\n0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-data-not-ended', TE, '5\r\nhello0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-data-ended-otherwise', TE, '5\r\nhelloXX0\r\n\r\n', 'RFC 9112 §7.1'],
  ['chunk-extension-bare-cr', TE, '5;a\rb\r\nhello\r\n0\r\n\r\n', 'RFC 9112 §7.1.1; CVE-2023-30589'],
  ['chunk-extension-bare-lf', TE, '5;a\n\r\nhello\r\n0\r\n\r\n', 'CVE-2025-58056 (Netty)'],
  ['chunk-extension-endless', TE, `5;${'a'.repeat(40_000)}\r\nhello\r\n0\r\n\r\n`, 'CVE-2024-22019'],
  ['trailer-malformed', TE, '0\r\nX Y: a\r\n\r\n', 'RFC 9112 §7.1.2'],
  ['trailer-te', TE, '0\r\nTransfer-Encoding : chunked\r\n\r\n', 'RFC 9112 §7.1.2']
]

const smuggledRequest = (host: string) =>
  `GET /${SMUGGLED} HTTP/1.1\r\n${line('Host', host)}${line('Connection', 'close')}\r\n`

const shownBy = ({ token }: Position) => (token === null ? '' : line('Authorization', `Bearer ${token}`))

const post = ({ position }: Shot, fields: string, body: string) =>
  `POST ${position.path} HTTP/1.1\r\n${line('Host', position.host)}${shownBy(position)}${fields}\r\n${body}${smuggledRequest(position.host)}`

const WHY = 'Two servers see two ends of it, and what lies between is a request that nobody judged.'

/** Whole requests in the body of one that is refused, framed properly in each way. */
const HIDDEN: readonly (readonly [name: string, method: string, framed: (inner: string) => string])[] = [
  ['length', 'POST', (inner) => `${line('Content-Length', String(inner.length))}\r\n${inner}`],
  ['chunks', 'POST', (inner) => `${TE}\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`],
  ['expect', 'POST', (inner) => `Expect: 100-continue\r\n${line('Content-Length', String(inner.length))}\r\n${inner}`],
  ['get-with-length', 'GET', (inner) => `${line('Content-Length', String(inner.length))}\r\n${inner}`],
  ['delete-with-chunks', 'DELETE', (inner) => `${TE}\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`],
  [
    'upgrade-with-length',
    'POST',
    (inner) => `Connection: Upgrade\r\nUpgrade: h2c\r\n${line('Content-Length', String(inner.length))}\r\n${inner}`
  ],
  [
    'length-listed-by-connection',
    'POST',
    (inner) => `Connection: Content-Length\r\n${line('Content-Length', String(inner.length))}\r\n${inner}`
  ]
]

export const framing: readonly Attack[] = [
  ...FAULTS.map(([name, fields, body, source]): Attack => {
    return {
      id: `framing/${name}`,
      family: 'framing',
      why: WHY,
      source,
      from: [...WHERE_IT_PASSES, 'stranger-refused'],
      due: 'refusal',
      send: (shot) => post(shot, fields, body)
    }
  }),
  ...HIDDEN.map(([name, method, framed]): Attack => {
    return {
      id: `framing/hidden-in-a-refused-body-${name}`,
      family: 'framing',
      why: 'The body of a refused request is read as the next one.',
      source: 'RFC 9112 §9.3; CVE-2022-22720',
      from: ['stranger-refused', 'user-refused'],
      send: ({ position }) => {
        const { host, path } = position
        const head = `${method} ${path} HTTP/1.1\r\n${line('Host', host)}${shownBy(position)}`
        return head + framed(smuggledRequest(host).replace(line('Connection', 'close'), ''))
      }
    }
  }),
  {
    id: 'framing/http-1-0-with-chunks',
    family: 'framing',
    why: 'HTTP/1.0 knows no chunks, so that a hop may see another end.',
    source: 'RFC 9112 §6.1',
    from: WHERE_IT_PASSES,
    due: 'refusal',
    send: (shot) => post(shot, `Connection: keep-alive\r\n${TE}`, '0\r\n\r\n').replace('HTTP/1.1', 'HTTP/1.0')
  },
  {
    id: 'framing/length-under-other-names',
    family: 'framing',
    why: 'CGI and its kin read Content_Length as Content-Length.',
    source: 'RFC 3875 §4.1.2',
    from: WHERE_IT_PASSES,
    neverArrives: /^(?:content|transfer)_/im,
    send: ({ position: { path, host, token } }) =>
      `POST ${path} HTTP/1.1\r\n${line('Host', host)}${token === null ? '' : line('Authorization', `Bearer ${token}`)}` +
      `Content_Length: 99\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello`
  },
  {
    id: 'framing/no-request-at-all',
    family: 'framing',
    why: 'Bytes of another protocol are read as a request.',
    source: 'RFC 9112 §3',
    from: ['stranger-refused'],
    mayClose: true,
    send: () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'
  },
  {
    id: 'framing/http-2-preface',
    family: 'framing',
    why: 'A server that speaks HTTP/2 unasked judges nothing on it.',
    source: 'RFC 9113 §3.4',
    from: ['stranger-refused'],
    mayClose: true,
    send: () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'
  },
  {
    id: 'framing/http-0-9',
    family: 'framing',
    why: 'A request without fields says nothing that could be judged.',
    source: 'RFC 1945 §4.1',
    from: ['stranger-refused', 'stranger-passes'],
    due: 'refusal',
    mayClose: true,
    send: ({ position }) => `GET ${position.path}\r\n\r\n`
  },
  {
    id: 'framing/header-section-without-bound',
    family: 'framing',
    why: 'A header section without bound fills the memory.',
    source: 'CVE-2018-12121; RFC 6585 §5',
    from: ['stranger-passes'],
    due: 'refusal',
    mayClose: true,
    send: ({ position }) =>
      `GET ${position.path} HTTP/1.1\r\nHost: ${position.host}\r\nX-Long: ${'a'.repeat(300_000)}\r\n\r\n`
  }
]
