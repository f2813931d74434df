import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { until } from '../helpers/gateway-process.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'
import { startTlsGateway } from '../tls/tls-site.js'
import { figureOf } from './figures.js'

const RESETS = 5
const REQUEST = rawGet('/open/x')
const LIMITED = 'listener_limit: { requests: 3, window: 60s }'

/** Asks and resets while nothing else in this process runs: when its gateway accepts, there is nobody any more. */
function resetUnseen(port: number) {
  const client = `const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
    socket.write(${JSON.stringify(REQUEST)})
    socket.resetAndDestroy()
  })`
  spawnSync(process.execPath, ['-e', client])
}

/** Asks and resets with the very octets that complete the handshake. */
function resetAtHandshake(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const held: Buffer[] = []
    let isAnswered = false
    const between = new Duplex({
      read() {},
      write(octets: Buffer, _encoding, done) {
        if (isAnswered) held.push(octets)
        else socket.write(octets)
        done()
      }
    })
    socket.on('data', (octets) => {
      isAnswered = true
      between.push(octets)
    })
    socket.on('close', () => resolve())
    const secure = connectTls({ socket: between, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, () => {
      secure.write(REQUEST)
      setImmediate(() => {
        socket.write(Buffer.concat(held))
        socket.resetAndDestroy()
      })
    })
    secure.on('error', () => {})
  })
}

t.test(
  'a request whose client cannot be told any more is nobody’s: not counted, not logged, not sent on',
  async (t) => {
    const upstream = await startUpstream(t)
    const gateway = await startGateway(t, site(upstream.url, LIMITED))
    for (let i = 0; i < RESETS; i += 1) resetUnseen(gateway.port)
    const answer = await sendRaw(gateway.port, REQUEST)
    t.equal(answer.status, 200, 'control')
    t.same(
      gateway.access.map(({ address }) => address),
      ['127.0.0.1']
    )
    t.equal(upstream.received.length, 1)
    await eventually(async () => (await figureOf(gateway, 'portcullis_connections')) === 0, 'no connection is left')
    t.same(gateway.audit, [], 'nor has anybody met a limit')
    t.same(gateway.failures, [])
  }
)

t.test('over TLS neither, where the address is that of another socket', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startTlsGateway(t, upstream.url)
  for (let i = 0; i < RESETS; i += 1) await resetAtHandshake(gateway.port)
  const secure = connectTls({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false }, () =>
    secure.write(REQUEST)
  )
  t.teardown(() => secure.destroy())
  const lines = () => gateway.lines().filter(({ log }) => log === 'access')
  await until('the control is answered', () => lines().some(({ status }) => status === 200))
  // A reset may have come a little later than meant: then it is known who it was.
  t.same([...new Set(lines().map(({ address }) => address))], ['127.0.0.1'])
})
