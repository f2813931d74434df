import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const RELOADS = 20

t.test('requests in flight and a long stream survive 20 reloads', async (t) => {
  const upstream = await startUpstream(t, async (request, response) => {
    if (request.url !== '/stream') {
      await sleep(30)
      response.end('ok')
      return
    }
    for (let piece = 0; !response.destroyed && piece < 400; piece += 1) {
      response.write(`${piece}\n`)
      await sleep(10)
    }
    response.end('end\n')
  })
  // Each revision has another time-out, so that each opens other connections to the upstream.
  const policy = (turn: number) =>
    `upstreams: { app: { url: "${upstream.url}", timeout: ${30 + turn}s } }\n` +
    `rules: [{ path: /**, allow: anyone, to: app, limit: none }]\n`
  const place = await makePlace(t, policy(0))
  const gateway = await startProcess(t, place)

  const stream = fetch(`${place.url}/stream`).then((response) => response.text())
  let going = true
  const statuses = new Map<string, number>()
  async function ask() {
    while (going) {
      const answer = await fetch(`${place.url}/x`).then(
        async (response) => `${response.status} ${await response.text()}`,
        (error) => String(error)
      )
      statuses.set(answer, (statuses.get(answer) ?? 0) + 1)
    }
  }
  const asking = Promise.all([ask(), ask(), ask(), ask()])
  const reloaded = () => gateway.lines().filter(({ message }) => message === 'serving the changed settings').length
  for (let turn = 1; turn <= RELOADS; turn += 1) {
    writeFileSync(place.file, place.yaml(policy(turn)))
    gateway.running.child.kill('SIGHUP')
    await until(`reload ${turn}`, () => reloaded() >= turn)
  }
  going = false
  await asking
  t.strictSame([...statuses.keys()], ['200 ok'])
  t.ok((statuses.get('200 ok') ?? 0) > RELOADS, 'requests went on all the time')
  const pieces = (await stream).trimEnd().split('\n')
  t.equal(pieces.length, 401)
  t.equal(pieces.at(-1), 'end')
  t.equal((await gateway.stop()).status, 0)
})
