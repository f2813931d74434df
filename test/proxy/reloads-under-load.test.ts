import { createHash } from 'node:crypto'
import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'

const RELOADS = 200

t.test('each of many requests is judged and forwarded by exactly one of 200 revisions', async (t) => {
  /** Tells what it was sent, so far as the policies differ in it. */
  const tell = (name: string) => (request: IncomingMessage, response: ServerResponse) => {
    const { 'x-one': one, 'x-two': two, authorization, host } = request.headers
    const sent = { name, url: request.url, one, two, authorization, own: host === new URL(upstreams[name] ?? '').host }
    setTimeout(() => response.end(JSON.stringify(sent)), 3)
  }
  const upstreams: Record<string, string> = {}
  for (const name of ['one', 'two']) upstreams[name] = (await startUpstream(t, tell(name))).url
  // Whatever of one stood beside anything of the other would be seen from outside.
  const one = `
identity: { strip: [X-One] }
limits: { of_one: { by: ip, requests: 1000000, window: 1h } }
upstreams: { app: { url: "${upstreams.one}", strip_prefix: /api, host: upstream, forward_authorization: true } }
rules:
  - { path: /api/admin, allow: nobody }
  - { path: /api/**, allow: anyone, to: app, limit: of_one }
`
  const two = `
identity: { strip: [X-Two] }
limits: { of_two: { by: ip, requests: 1000000, window: 1h } }
upstreams: { app: { url: "${upstreams.two}" } }
rules:
  - { path: /api/admin, allow: anyone, to: app, limit: of_two }
  - { path: /api/only-one, allow: authenticated, to: app }
  - { path: /api/**, allow: anyone, to: app, limit: of_two }
`
  const gateway = await startGateway(t, one)
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  t.teardown(() => agent.destroy())
  const headers = { 'x-one': '1', 'x-two': '2', authorization: 'Bearer none', host: 'gateway.test' }
  const ask = (path: string) =>
    new Promise<string>((resolve) => {
      get(`${gateway.url}${path}`, { agent, headers }, async (answer) => {
        const body = JSON.parse(Buffer.concat(await answer.toArray()).toString())
        const limit = /^"(\w+)"/.exec(String(answer.headers['ratelimit-policy'] ?? ''))?.[1]
        const seen = answer.statusCode === 200 ? JSON.stringify(body) : body.code
        resolve(`${path} ${answer.statusCode} ${limit} ${seen}`)
      }).on('error', (error) => resolve(`${path} ${error.message}`))
    })
  const byOne = (path: string) =>
    `/api/${path} 200 of_one {"name":"one","url":"/${path}","two":"2","authorization":"Bearer none","own":true}`
  const byTwo = (path: string) => `/api/${path} 200 of_two {"name":"two","url":"/api/${path}","one":"1","own":false}`

  const seen = new Map<string, number>()
  let going = true
  const clients = Array.from({ length: 15 }, async (_, i) => {
    const path = ['/api/x', '/api/admin', '/api/only-one'][i % 3] ?? ''
    while (going) {
      const outcome = await ask(path)
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    }
  })
  for (let turn = 1; turn <= RELOADS; turn++) {
    // Each another text, so that every revision has a name of its own.
    gateway.reload(`${turn % 2 === 0 ? one : two}# ${turn}\n`)
    await sleep(8)
  }
  going = false
  await Promise.all(clients)
  t.strictSame(
    [...seen.keys()].sort(),
    [
      '/api/admin 403 undefined access_denied',
      byTwo('admin'),
      byOne('only-one'),
      '/api/only-one 401 undefined invalid_token',
      byOne('x'),
      byTwo('x')
    ].sort()
  )
  t.ok(
    [...seen.values()].every((count) => count > 20),
    'and each often'
  )
  t.strictSame(gateway.failures, [])

  // The log as well: what a line says of the rule and the upstream is what its revision says.
  const lines = gateway.access.map(({ revision, rule, path, status }) => ({ revision, rule, path, status }))
  const known = new Map<unknown, Set<string>>()
  for (const { revision, rule, path, status } of lines) {
    const told = known.get(revision) ?? new Set()
    known.set(revision, told.add(`${path} ${JSON.stringify(rule)} ${status}`))
  }
  t.ok(known.size > RELOADS / 2, 'most revisions have judged something')
  for (const [revision, told] of known) {
    const paths = [...told].map((line) => line.split(' ')[0])
    t.equal(new Set(paths).size, paths.length, `${revision} says one thing of one path`)
  }
})

t.test('streams go on through 200 reloads to their end, whatever becomes of their upstream', async (t) => {
  const pieces = 60
  const hash = createHash('sha256')
  const origin = await startUpstream(t, async (request, response, { body }) => {
    if (request.method === 'POST') {
      response.end(createHash('sha256').update(body).digest('hex'))
      return
    }
    const events = request.url === '/events'
    response.setHeader('content-type', events ? 'text/event-stream' : 'application/octet-stream')
    for (let piece = 0; piece < pieces; piece++) {
      response.write(events ? `data: ${piece}\n\n` : Buffer.alloc(64 * 1024, piece))
      await sleep(50)
    }
    response.end()
  })
  let begun = 0
  origin.server.on('request', () => begun++)
  const other = await startUpstream(t)
  const policy = (turn: number) => `
upstreams: { app: { url: "${turn % 2 === 0 ? origin.url : other.url}" } }
rules: [{ path: /**, allow: ${turn % 3 === 0 ? 'anyone' : 'nobody'}, to: app }] # ${turn}
`
  const gateway = await startGateway(t, policy(0))
  async function* upload() {
    for (let piece = 0; piece < pieces; piece++) {
      const chunk = Buffer.alloc(16 * 1024, piece)
      hash.update(chunk)
      yield chunk
      await sleep(50)
    }
  }
  const [events, download, sent] = await Promise.all([
    fetch(`${gateway.url}/events`),
    fetch(`${gateway.url}/file`),
    Promise.resolve(
      fetch(`${gateway.url}/file`, { method: 'POST', body: upload(), duplex: 'half' } as RequestInit)
    ).then((response) => response.text()),
    (async () => {
      while (begun < 3) await sleep(10)
      for (let turn = 1; turn <= RELOADS; turn++) {
        gateway.reload(policy(turn))
        await sleep(10)
      }
    })()
  ])
  const numbers = [...(await events.text()).matchAll(/^data: (\d+)$/gm)].map(([, number]) => Number(number))
  t.strictSame(
    numbers,
    Array.from({ length: pieces }, (_, piece) => piece),
    'every event, once and in order'
  )
  t.equal((await download.arrayBuffer()).byteLength, pieces * 64 * 1024)
  t.equal(sent, hash.digest('hex'), 'the upload arrived as it was sent')
  t.equal(other.received.length, 0)
  t.strictSame(gateway.failures, [])
})

t.test('a request in flight ends under the policy it began with', async (t) => {
  const answers: ServerResponse[] = []
  const old = await startUpstream(t, (_request, response) => answers.push(response))
  const next = await startUpstream(t)
  const policy = (url: string, allow: string) => `
upstreams: { web: { url: "${url}" } }
rules: [{ path: /**, allow: ${allow}, to: web }]
`
  const gateway = await startGateway(t, policy(old.url, 'anyone'))
  const waiting = fetch(`${gateway.url}/x`)
  const streaming = fetch(`${gateway.url}/y`)
  while (answers.length < 2) await sleep(5)
  answers[1]?.write('begun')
  const stream = await streaming
  gateway.reload(policy(next.url, 'nobody'))
  t.equal((await fetch(`${gateway.url}/x`)).status, 403)
  answers[0]?.end('old')
  answers[1]?.end(' and ended')
  t.equal(await (await waiting).text(), 'old')
  t.equal(await stream.text(), 'begun and ended')
  t.equal(next.received.length, 0)
  const [first] = gateway.access.filter(({ path }) => path === '/x' && true).slice(-1)
  t.not(first?.revision, gateway.access.find(({ status }) => status === 403)?.revision, 'the log says which')
})
