import t, { type Test } from 'tap'
import { openConnection } from '../helpers/connections.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { rawGet } from '../helpers/raw-request.js'
import { NOWHERE, site } from '../helpers/site.js'
import { figureOf } from './figures.js'

const KEYS = rawGet('/.well-known/jwks.json')
const isAnswered = (connection: ReturnType<typeof openConnection>) => /^HTTP\/1\.1 200 /.test(connection.text())

/** Opens so many, each of which asks for something; how many were answered once each was answered or closed. */
async function openMany(t: Test, port: number, number: number) {
  const connections = Array.from({ length: number }, () => openConnection(t, port, KEYS))
  await eventually(() => connections.every((one) => isAnswered(one) || one.isClosed()), 'an end of each', 20_000)
  return { connections, answered: connections.filter(isAnswered) }
}

t.test('no more connections than there may be', async (t) => {
  const gateway = await startGateway(
    t,
    site(NOWHERE, 'listener: { max_connections: 20, max_connections_per_address: 100 }')
  )
  const { answered } = await openMany(t, gateway.port, 50)
  t.equal(answered.length, 20)
  t.equal(await figureOf(gateway, 'portcullis_connections'), 20)
  t.equal(await figureOf(gateway, 'portcullis_connections_dropped_total', '"max_connections"'), 30)
  t.same(
    gateway.audit.map(({ event, fields }) => [event, fields.because, fields.times]),
    [['overloaded', 'max_connections', 1]],
    'told once, however many there are'
  )

  const [first] = answered
  first?.socket.write(KEYS)
  await eventually(() => first?.text().split('HTTP/1.1 200 ').length === 3, 'those that are in go on')
  for (const { socket } of answered) socket.destroy()
  await eventually(async () => (await figureOf(gateway, 'portcullis_connections')) === 0, 'room')
  t.equal((await openMany(t, gateway.port, 5)).answered.length, 5, 'control')
})

t.test('none but a trusted proxy has more than one address may have', async (t) => {
  const settings = 'listener: { max_connections_per_address: 10 }'
  const gateway = await startGateway(t, site(NOWHERE, settings))
  const { answered } = await openMany(t, gateway.port, 25)
  t.equal(answered.length, 10)
  t.equal(await figureOf(gateway, 'portcullis_connections_dropped_total', '"max_connections_per_address"'), 15)
  answered[0]?.socket.destroy()
  await eventually(async () => (await figureOf(gateway, 'portcullis_connections')) === 9, 'one has left')
  t.equal((await openMany(t, gateway.port, 3)).answered.length, 1, 'and one may come')

  gateway.reload(site(NOWHERE, `${settings}\ntrusted_proxies: [127.0.0.1]`))
  t.equal((await openMany(t, gateway.port, 25)).answered.length, 25)
})

t.test('unless the settings say it, nobody takes all connections alone', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE, 'listener: { max_connections: 20 }'))
  t.equal((await openMany(t, gateway.port, 20)).answered.length, 15)
  t.equal(await figureOf(gateway, 'portcullis_connections_dropped_total', '"max_connections_per_address"'), 5)
})

t.test('a changed cap counts at once', async (t) => {
  const gateway = await startGateway(
    t,
    site(NOWHERE, 'listener: { max_connections: 5, max_connections_per_address: 100 }')
  )
  t.equal((await openMany(t, gateway.port, 9)).answered.length, 5)
  gateway.reload(site(NOWHERE, 'listener: { max_connections: 12, max_connections_per_address: 100 }'))
  t.equal((await openMany(t, gateway.port, 9)).answered.length, 7)
})
