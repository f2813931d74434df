import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { rawGet } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'
import { startTlsGateway } from './tls-site.js'

/** So many refusals are more than Node keeps for a client that waits for its first answer, and reads on. */
const REFUSED = 400
const MORE = 40

/** A connection whose records, while they are held, are kept and then sent in one piece. */
function openHolding(t: Test, port: number) {
  let held: Buffer[] | null = null
  const socket = connect(port, '127.0.0.1')
  const between = new Duplex({
    read() {},
    write(octets: Buffer, _encoding, done) {
      if (held === null) socket.write(octets)
      else held.push(octets)
      done()
    }
  })
  socket.on('data', (octets) => between.push(octets))
  socket.on('end', () => between.push(null))
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  const secure = connectTls({ socket: between, rejectUnauthorized: false })
  secure.on('error', () => {})
  return {
    secure,
    hold() {
      held = []
    },
    release() {
      socket.write(Buffer.concat(held ?? []))
      held = null
    }
  }
}

const writerOf = (secure: TLSSocket) => promisify((text: string, done: () => void) => secure.write(text, () => done()))

t.test('of a pipeline none is taken for malformed, however its records come', async (t) => {
  const answers: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => answers.push(response))
  const { port } = await startTlsGateway(t, upstream.url)
  const connection = openHolding(t, port)
  const write = writerOf(connection.secure)
  let text = ''
  connection.secure.on('data', (octets) => {
    text += octets.toString('latin1')
  })
  await write(rawGet('/open/slow') + rawGet('/refused').repeat(REFUSED))
  await eventually(() => answers.length === 1, 'the first has come to the upstream')
  connection.hold()
  for (let i = 0; i < MORE; i += 1) await write(rawGet(`/refused/${i}`))
  connection.release()
  await eventually(() => connection.secure.bytesWritten > 0, 'all is sent')
  await new Promise((resolve) => setTimeout(resolve, 300))
  answers[0]?.end('slow')
  const statuses = () => text.match(/HTTP\/1\.1 \d{3}/g) ?? []
  await eventually(() => statuses().length > REFUSED + MORE || connection.secure.closed, 'all are answered')
  t.strictSame(statuses(), ['HTTP/1.1 200', ...Array(REFUSED + MORE).fill('HTTP/1.1 401')])
  t.notOk(connection.secure.closed)
})
