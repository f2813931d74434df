import { spawn } from 'node:child_process'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { startBrowser } from '../helpers/browser.js'
import { bearer, PASSWORD, startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { codeOf, nextMessage, openWebSocket } from '../helpers/websocket.js'

/** Echoes in a subprotocol; tells who it was told to talk to; listens on a port of its own choice, which it prints. */
const PYTHON = `
import asyncio, websockets

async def serve(socket, path):
    await socket.send(path + " " + socket.request_headers.get("X-User-Name", "nobody"))
    async for message in socket:
        if message == "leave":
            await socket.close(4000, "as asked")
        elif message == "refuse":
            raise RuntimeError()
        else:
            await socket.send(message)

async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["echo"], max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()

asyncio.run(main())
`

async function startPython(t: Test): Promise<string> {
  const child = spawn('/usr/bin/python3', ['-c', PYTHON], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => child.kill())
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim()))
    child.once('exit', () => reject(new Error('no server: apt-get install python3-websockets')))
  })
  return `http://127.0.0.1:${port}`
}

t.test('a Python server talks through the gateway', async (t) => {
  const url = await startPython(t)
  const gateway = await startGateway(
    t,
    `
upstreams: { chat: { url: "${url}" } }
rules: [{ path: /**, allow: authenticated, to: chat }]
`,
    [{ username: 'ada' }]
  )
  const { access_token } = await gateway.login('ada')
  const options = { headers: bearer(access_token), protocols: ['other', 'echo'] }
  const client = new WebSocket(`ws://127.0.0.1:${gateway.port}/room`, options.protocols, { headers: options.headers })
  t.teardown(() => client.terminate())
  t.equal(String(await nextMessage(client)), '/room ada')
  t.equal(client.protocol, 'echo')
  t.match(client.extensions, 'permessage-deflate')
  for (const message of ['hello', 'ż'.repeat(100_000), Buffer.alloc(5_000_000, 7)]) {
    client.send(message)
    t.ok((await nextMessage(client)).equals(Buffer.from(message)), `${message.length}`)
  }
  const code = codeOf(client)
  client.send('leave')
  t.equal(await code, 4000)
  const other = await openWebSocket(t, gateway.port, '/', options)
  const failed = codeOf(other)
  other.send('refuse')
  t.equal(await failed, 1011)
})

/** Opens a WebSocket in a page; what it heard first, or that it was refused. */
const open = (port: number) => `new Promise((resolve) => {
  const socket = new WebSocket('ws://localhost:${port}/feed')
  socket.onmessage = ({ data }) => resolve(data)
  socket.onerror = () => resolve('refused')
})`

t.test('a page opens a WebSocket by its cookie; a page of another site does not', async (t) => {
  const python = await startPython(t)
  const pages = await startUpstream(t, (_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>a page</title>')
  )
  const gateway = await startGateway(
    t,
    `
tokens: { cookies: { enabled: true } }
upstreams: { chat: { url: "${python}" }, pages: { url: "${pages.url}" } }
rules:
  - { path: /feed, allow: authenticated, to: chat }
  - { path: /**, allow: anyone, to: pages }
`,
    [{ username: 'ada' }]
  )
  const browser = await startBrowser(t)
  const page = await browser.newPage()
  await page.goto(`http://localhost:${gateway.port}/`)
  t.equal(await page.evaluate(open(gateway.port)), 'refused', 'before anybody signed in')
  const body = JSON.stringify({ username: 'ada', password: PASSWORD, cookies: true })
  const login = `fetch('/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '${body}' }).then(({ status }) => status)`
  t.equal(await page.evaluate(login), 200)
  t.equal(await page.evaluate(open(gateway.port)), '/feed ada')
  // The same host, so that the browser sends the cookie, and another port, so that it is another origin.
  const friend = await browser.newPage()
  await friend.goto(`http://localhost:${pages.port}/`)
  t.equal(await friend.evaluate(open(gateway.port)), 'refused')
  const refusals = gateway.access.filter(({ path, status }) => path === '/feed' && status !== 101)
  t.same(
    refusals.map(({ code }) => code),
    ['missing_token', 'csrf_failed']
  )
})
