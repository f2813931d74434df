import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startCommand } from '../helpers/command.js'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const policy = (url: string) =>
  `upstreams: { app: { url: "${url}" } }\nrules: [{ path: /**, allow: anyone, to: app, limit: none }]\n`

t.test('SIGTERM amid 50 slow requests: each is answered, and nothing new is accepted', async (t) => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => held.push(response))
  const place = await makePlace(t, policy(upstream.url))
  const gateway = await startProcess(t, place)
  const answers = Array.from({ length: 50 }, async () => {
    const response = await fetch(`${place.url}/slow`)
    return `${response.status} ${response.headers.get('connection')} ${await response.text()}`
  })
  await until('all have come to the upstream', () => held.length === 50)
  const started = Date.now()
  const stopped = gateway.stop()
  await until('no connection is accepted', async () => (await refusal(place.port)) === 'ECONNREFUSED')
  const readiness = await fetch(`${place.adminUrl}/readyz`)
  t.equal(readiness.status, 503, 'the admin port tells that it is draining')
  t.match(await readiness.json(), { closing: true })
  for (const response of held) response.end('slow but whole')
  t.strictSame([...new Set(await Promise.all(answers))], ['200 close slow but whole'])
  t.equal((await stopped).status, 0)
  t.ok(Date.now() - started < 9_000, 'idle connections do not hold it up')
  t.equal(gateway.lines().filter(({ path }) => path === '/slow').length, 50, 'and every request has its line')
})

t.test('stuck requests end within the bound: told so where they can be, cut off where not', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/half') response.write('half of it')
  })
  const place = await makePlace(t, policy(upstream.url))
  const gateway = await startProcess(t, place)
  const stuck = fetch(`${place.url}/stuck`).then(async (response) => ({
    status: response.status,
    connection: response.headers.get('connection'),
    code: ((await response.json()) as { code: string }).code
  }))
  const half = fetch(`${place.url}/half`).then((response) => response.text())
  half.catch(() => {})
  await until('both have come to the upstream', () => upstream.received.length === 2)
  const started = Date.now()
  const { status } = await gateway.stop()
  const tookMs = Date.now() - started
  t.equal(status, 0)
  t.ok(tookMs > 9_000 && tookMs < 14_000, `after the drain of ten seconds: ${tookMs} ms`)
  t.strictSame(await stuck, { status: 503, connection: 'close', code: 'shutting_down' })
  await t.rejects(half, 'an answer that is not whole does not look whole')
  const lineOf = (wanted: string) => gateway.lines().find(({ path }) => path === wanted)
  t.match(lineOf('/stuck'), { status: 503, code: 'shutting_down' })
  t.match(lineOf('/half'), { status: 200, complete: false })
})

t.test('a signal while it starts is obeyed', async (t) => {
  const place = await makePlace(t, policy('http://127.0.0.1:9'))
  for (const delayMs of [250, 350, 450]) {
    const running = startCommand(t, ['start'], { cwd: place.folder })
    await sleep(delayMs)
    running.child.kill('SIGTERM')
    const { stderr } = await running.finished
    t.notMatch(stderr, /^ +at /m)
    t.equal(await refusal(place.port), 'ECONNREFUSED')
  }
  t.equal((await (await startProcess(t, place)).stop()).status, 0, 'and the next start is a good one')
})

function refusal(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve('accepted')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
}
