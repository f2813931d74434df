import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { openConnection } from '../helpers/connections.js'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { rawGet } from '../helpers/raw-request.js'
import { site } from '../helpers/site.js'
import { startUpstream } from '../helpers/upstream.js'

const REQUESTS = 500
const IDLE = 50

async function start(t: Test) {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/open/fast') response.end('fast')
    else held.push(response)
  })
  const gateway = await startProcess(t, await makePlace(t, site(upstream.url)))
  const waiting = Array.from({ length: REQUESTS }, () => openConnection(t, gateway.port, rawGet('/open/slow')))
  const idle = Array.from({ length: IDLE }, () => openConnection(t, gateway.port, rawGet('/open/fast')))
  const fresh = Array.from({ length: IDLE }, () => openConnection(t, gateway.port))
  await until('all are in flight', () => held.length === REQUESTS)
  await until('others are idle', () => idle.every(({ text }) => text().includes('fast')))
  return { held, gateway, waiting, idle, fresh }
}

t.test('SIGTERM: 500 requests in flight are answered, idle connections end, nobody new comes in', async (t) => {
  const { held, gateway, waiting, idle, fresh } = await start(t)
  const startedMs = Date.now()
  const stopped = gateway.stop('SIGTERM')
  await Promise.all([...idle, ...fresh].map(({ closed }) => closed))
  t.ok(
    waiting.every(({ isClosed }) => !isClosed()),
    'those who wait go on waiting'
  )
  await openConnection(t, gateway.port, rawGet('/open/fast')).closed
  for (const response of held) response.end('at last')
  t.equal((await stopped).status, 0)
  const took = Date.now() - startedMs
  t.ok(took < 9_000, `as soon as all are answered: ${took} ms`)
  await Promise.all(waiting.map(({ closed }) => closed))
  const whole = waiting.filter(({ text }) => /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nat last$/.test(text()))
  t.equal(whole.length, REQUESTS)
  t.ok(whole.every(({ text }) => /\r\nconnection: close\r\n/i.test(text())))
})

t.test('SIGTERM: of 500 requests that nobody answers each is told so, within the bound', async (t) => {
  const { gateway, waiting } = await start(t)
  const startedMs = Date.now()
  t.equal((await gateway.stop('SIGTERM')).status, 0)
  const took = Date.now() - startedMs
  t.ok(took > 9_000 && took < 16_000, `${took} ms`)
  await Promise.all(waiting.map(({ closed }) => closed))
  const told = waiting.filter(({ text }) => /^HTTP\/1\.1 503 [\s\S]*"code":"shutting_down"/.test(text()))
  t.equal(told.length, REQUESTS)
})
