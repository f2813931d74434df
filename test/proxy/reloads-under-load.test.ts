import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'

t.test('a reload drops nothing, and no request is judged by half of it', async (t) => {
  const tell = (name: string) => (_request: IncomingMessage, response: ServerResponse) => {
    setTimeout(() => response.end(name), 5)
  }
  const one = await startUpstream(t, tell('one'))
  const two = await startUpstream(t, tell('two'))
  const policy = (name: string, url: string, open: boolean) => `
identity: { strip: [X-${name}] }
upstreams: { ${name}: { url: "${url}", timeout: ${open ? '9s' : '8s'} } }
rules:
  - { path: /${name}, allow: ${open ? 'anyone' : 'authenticated'}, to: ${name} }
  - { path: /**, allow: anyone, to: ${name} }
`
  const files = [policy('one', one.url, true), policy('two', two.url, false)]
  const gateway = await startGateway(t, files[0] ?? '')
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  t.teardown(() => agent.destroy())
  const ask = (path: string) =>
    new Promise<string>((resolve) => {
      get(`${gateway.url}${path}`, { agent }, async (answer) => {
        const body = Buffer.concat(await answer.toArray()).toString()
        resolve(`${answer.statusCode} ${answer.statusCode === 200 ? body : JSON.parse(body).code}`)
      }).on('error', (error) => resolve(error.message))
    })
  const seen = new Map<string, number>()
  const until = Date.now() + 1_500
  const clients = Array.from({ length: 20 }, async (_, i) => {
    const path = ['/one', '/two', '/x'][i % 3] ?? ''
    while (Date.now() < until) {
      const outcome = `${path} ${await ask(path)}`
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    }
  })
  for (let i = 1; Date.now() < until; i++) {
    gateway.reload(files[i % 2] ?? '')
    await sleep(7)
  }
  await Promise.all(clients)
  t.strictSame([...seen.keys()].sort(), [
    '/one 200 one',
    '/one 200 two',
    '/two 200 one',
    '/two 401 missing_token',
    '/x 200 one',
    '/x 200 two'
  ])
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
