import { connect } from 'node:net'
import t from 'tap'
import { eventually } from '../../helpers/eventually.js'
import { startGateway } from '../../helpers/gateway.js'
import { startRawUpstream } from '../../helpers/upstream.js'

const LARGE = 8 * 1024 * 1024
const SMALL = 100_000

t.test('a client that is slow gets an answer of many small pieces whole, and listeners do not pile up', async (t) => {
  const warnings: string[] = []
  const note = ({ name }: Error) => warnings.push(name)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))

  const upstream = await startRawUpstream(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    socket.write(`${LARGE.toString(16)}\r\n${'a'.repeat(LARGE)}\r\n`)
    socket.write(`${'1\r\nb\r\n'.repeat(SMALL)}0\r\n\r\n`)
  })
  const gateway = await startGateway(
    t,
    `
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: anyone, to: web }]
`
  )
  let large = 0
  let small = 0
  let ended = false
  const socket = connect(gateway.port, '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  )
  t.teardown(() => socket.destroy())
  socket.on('data', (chunk) => {
    large += chunk.filter((octet) => octet === 0x61).length
    small += chunk.filter((octet) => octet === 0x62).length
  })
  socket.on('end', () => (ended = true))
  socket.pause()
  await eventually(() => upstream.connections[0]?.socket.writableNeedDrain === true, 'the upstream has to wait')
  socket.resume()
  await eventually(() => ended, 'the answer ends', 20_000)
  t.ok(large >= LARGE && large < LARGE + 1_000, 'with a few of the head')
  t.ok(small >= SMALL && small < SMALL + 1_000)
  t.same(warnings, [])
})
