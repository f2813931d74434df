import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { codeOf, nextMessage, startPeer } from '../helpers/websocket.js'

t.test('SIGTERM amid 50 WebSockets ends each within the bound, and the process with them', async (t) => {
  const peer = await startPeer(t)
  const place = await makePlace(
    t,
    `
upstreams: { chat: { url: "${peer.url}" } }
rules: [{ path: /**, allow: anyone, to: chat }]
`
  )
  const gateway = await startProcess(t, place)
  const sockets = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${place.port}/`)
      t.teardown(() => socket.terminate())
      await once(socket, 'open')
      socket.on('error', () => {})
      return socket
    })
  )
  const codes = sockets.map(codeOf)
  const metrics = await (await fetch(`${place.adminUrl}/metrics`)).text()
  t.match(metrics, /^portcullis_websockets_open 50$/m)
  const started = performance.now()
  const stopped = gateway.stop()
  await until('it drains', () => gateway.running.stdout().includes('draining'))
  const [first, ...others] = sockets
  if (first === undefined) throw new Error('there is none')
  const message = nextMessage(first)
  first.send('still here')
  t.equal(String(await message), 'still here', 'what is open goes on')
  // Half of them leave by themselves.
  for (const socket of others.slice(0, 25)) socket.close(1000)
  const heard = await Promise.all(codes)
  const { status } = await stopped
  const took = performance.now() - started
  t.equal(status, 0)
  t.ok(took > 9_000 && took < 15_000, `${took} ms`)
  t.equal(heard.filter((code) => code === 1000).length, 25)
  t.equal(heard.filter((code) => code === 1006).length, 25)
  const lines = gateway.lines().flatMap(({ websocket }) => (websocket as { ended_by: string } | undefined) ?? [])
  t.equal(lines.length, 50, 'each has its line')
  t.equal(lines.filter(({ ended_by }) => ended_by === 'shutting_down').length, 25)
})
