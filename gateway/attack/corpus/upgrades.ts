/** Other protocols on the same connection, where no rule is asked any more. */
import { type Attack, type PositionName, requestFrom, SMUGGLED } from '../attack.js'

const EVERYWHERE: readonly PositionName[] = ['stranger-refused', 'user-refused', 'stranger-passes', 'user-passes']
const REFUSED: readonly PositionName[] = ['stranger-refused', 'user-refused']

const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const H2C = 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n'

/** Name, lines, source: nothing but a WebSocket is ever upgraded. */
const OTHERS: readonly (readonly [name: string, lines: string, source: string])[] = [
  ['h2c', `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n${H2C}`, 'Bishop Fox: h2c smuggling (2020)'],
  ['h2c-alone', 'Connection: Upgrade\r\nUpgrade: h2c\r\n', 'RFC 9113 §3.1'],
  ['h2c-without-connection', `Upgrade: h2c\r\n${H2C}`, 'Bishop Fox: h2c smuggling (2020)'],
  ['h2c-among-others', `Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n${KEY}`, 'RFC 9110 §7.8'],
  ['h2', 'Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n', 'RFC 9110 §7.8'],
  ['tls', 'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n', 'RFC 2817 §3'],
  ['connect-udp', 'Connection: Upgrade\r\nUpgrade: connect-udp\r\nCapsule-Protocol: ?1\r\n', 'RFC 9298 §3'],
  ['made-up', 'Connection: Upgrade\r\nUpgrade: x\r\n', 'RFC 9110 §7.8'],
  ['empty', 'Connection: Upgrade\r\nUpgrade:\r\n', 'RFC 9110 §7.8']
]

/** Name, lines, source: where the innocent request is refused, its WebSocket is refused too. */
const SOCKETS: typeof OTHERS = [
  ['proper', `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}`, 'RFC 6455 §4.2.1; CWE-1385'],
  ['other-case', `Connection: UPGRADE\r\nUpgrade: WebSocket\r\n${KEY}`, 'RFC 6455 §4.2.1'],
  [
    'wrong-version',
    `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY.replace('13', '777')}`,
    '0ang3el: WebSocket smuggling (2019)'
  ],
  ['no-version', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', '0ang3el: WebSocket smuggling (2019)'],
  [
    'bad-key',
    `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n`,
    'RFC 6455 §4.2.1'
  ],
  [
    'foreign-origin',
    `Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://attack.invalid\r\n${KEY}`,
    'CWE-1385'
  ],
  [
    'token-as-protocol',
    `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: bearer, x.y.z\r\n${KEY}`,
    'RFC 6455 §11.3.4'
  ]
]

export const upgrades: readonly Attack[] = [
  ...OTHERS.map(([name, lines, source]): Attack => {
    return {
      id: `upgrades/${name}`,
      family: 'upgrades',
      why: 'The upstream changes protocols, and what follows goes past every rule.',
      source,
      from: EVERYWHERE,
      neverArrives: /(?:^|")(?:upgrade|http2-settings)"?:/im,
      send: ({ position }) => requestFrom(position, { lines })
    }
  }),
  ...SOCKETS.map(([name, lines, source]): Attack => {
    return {
      id: `upgrades/websocket-${name}`,
      family: 'upgrades',
      why: 'A WebSocket opens where a request is refused.',
      source,
      from: REFUSED,
      send: ({ position }) => requestFrom(position, { lines })
    }
  }),
  {
    id: 'upgrades/websocket-by-post',
    family: 'upgrades',
    why: 'What is no handshake is upgraded all the same, and its body is read as frames.',
    source: 'RFC 6455 §4.1',
    from: EVERYWHERE,
    send: ({ position }) =>
      requestFrom(position, {
        method: 'POST',
        lines: `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}Content-Length: 2\r\n`,
        body: 'hi'
      })
  },
  {
    id: 'upgrades/websockets-pipelined',
    family: 'upgrades',
    why: 'A second handshake behind the first ends the process, or opens what nobody judged.',
    source: 'CVE-2026-130647 (@fastify/http-proxy)',
    from: REFUSED,
    send: ({ position }) => {
      const one = requestFrom(position, { lines: `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}` })
      return one + one.replace(position.path, `/${SMUGGLED}`)
    }
  },
  {
    id: 'upgrades/request-behind-a-handshake',
    family: 'upgrades',
    why: 'What follows a refused handshake is read as a request.',
    source: '0ang3el: WebSocket smuggling (2019)',
    from: REFUSED,
    send: ({ position }) =>
      requestFrom(position, { lines: `Connection: Upgrade\r\nUpgrade: h2c\r\n${H2C}` }) +
      requestFrom({ ...position, path: `/${SMUGGLED}`, token: null })
  }
]
