import { once } from 'node:events'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { makeCertificate, type Pair } from '../helpers/certificates.js'
import { type GatewayProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'
import { shakeHands, shownName, startTlsGateway } from './tls-site.js'

const CLIENTS = 20
const WEBSOCKETS = 10
const GET = 'GET /open/x HTTP/1.1\r\nHost: a\r\n\r\n'

interface Load {
  readonly answers: () => number
  readonly faults: readonly string[]
  readonly stop: () => Promise<void>
}

/** One after the other over connections that stay, each `GET` as soon as the last is answered. */
async function load(t: Test, port: number): Promise<Load> {
  const faults: string[] = []
  let answers = 0
  let stopping = false
  /** Ends when it has been answered after the load was to stop, or with a fault. */
  const ask = (socket: TLSSocket) =>
    new Promise<void>((resolve) => {
      let text = ''
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk
        if (!text.endsWith('ok')) return
        if (!text.startsWith('HTTP/1.1 200 OK\r\n')) faults.push(text)
        text = ''
        answers += 1
        if (stopping) resolve()
        else socket.write(GET)
      })
      socket.once('close', () => {
        faults.push('a connection ended')
        resolve()
      })
      socket.write(GET)
    })
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => shakeHands(t, port)))
  const all = sockets.map(({ socket }) => ask(socket))
  return {
    answers: () => answers,
    faults,
    async stop() {
      stopping = true
      await Promise.all(all)
    }
  }
}

/** Whoever connects anew, again and again: each is served, by one of the certificates that there were. */
function comeAnew(t: Test, { port }: GatewayProcess) {
  const names = new Set<string>()
  const faults: string[] = []
  let stopping = false
  async function come() {
    while (!stopping) {
      const { socket, shown } = await shakeHands(t, port)
      names.add(String(shown.subject.CN))
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.write(GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
      await once(socket, 'close')
      if (!/^HTTP\/1\.1 200 OK[\s\S]*ok$/.test(text)) faults.push(text)
    }
  }
  const coming = come().catch((error: Error) => faults.push(error.message))
  return {
    names,
    faults,
    async stop() {
      stopping = true
      await coming
    }
  }
}

t.test(
  'certificates are replaced under load: nothing fails, what is open goes on, a broken pair changes nothing',
  async (t) => {
    const upstream = await startUpstream(t, (_request, response) => response.end('ok'))
    const peer = new WebSocketServer({ server: upstream.server })
    peer.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))))
    const gateway = await startTlsGateway(t, upstream.url)
    const { folder, port } = gateway
    const sockets = await Promise.all(
      Array.from({ length: WEBSOCKETS }, async () => {
        const socket = new WebSocket(`wss://127.0.0.1:${port}/open/ws`, { rejectUnauthorized: false })
        t.teardown(() => socket.terminate())
        await once(socket, 'open')
        return socket
      })
    )
    const echo = async (words: string) => {
      const heard = sockets.map((socket) => once(socket, 'message'))
      for (const socket of sockets) socket.send(words)
      for (const [data] of await Promise.all(heard)) t.equal(String(data), words)
    }
    await echo('before')
    const [busy, anew] = [await load(t, port), comeAnew(t, gateway)]
    const place = ({ cert, key }: Pair) => {
      copyFileSync(key, join(folder, 'key.new'))
      copyFileSync(cert, join(folder, 'cert.new'))
      renameSync(join(folder, 'key.new'), join(folder, 'key.pem'))
      renameSync(join(folder, 'cert.new'), join(folder, 'cert.pem'))
    }
    let before = 0
    const goesOn = () => until('requests go on', () => busy.answers() > before + 50)
    let last = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    for (const name of ['second', 'third', 'fourth']) {
      before = busy.answers()
      last = makeCertificate(folder, name)
      place(last)
      await until(`${name} is shown`, async () => (await shownName(t, port)) === name)
      await goesOn()
      await echo(name)
    }
    before = busy.answers()
    writeFileSync(join(folder, 'cert.pem'), 'broken')
    writeFileSync(join(folder, 'key.pem'), 'broken')
    await gateway.running.seen('the changed certificate cannot be shown: the one before goes on')
    await goesOn()
    await echo('broken')
    t.equal(await shownName(t, port), 'fourth')
    t.match(
      gateway.lines().find(({ level }) => level === 'error'),
      { reason: /^tls\.cert: is no certificate in PEM/ }
    )
    place(last)
    gateway.running.child.kill('SIGHUP')
    await goesOn()
    await Promise.all([busy.stop(), anew.stop()])
    t.same([...busy.faults, ...anew.faults], [])
    t.match([...anew.names].toSorted(), ['first', 'fourth', 'second', 'third'])
    await echo('after')
    for (const socket of sockets) socket.close(1000)
    t.equal((await gateway.stop()).status, 0)
    const statuses = new Set(gateway.lines().flatMap(({ log, status }) => (log === 'access' ? [status] : [])))
    t.same([...statuses].toSorted(), [101, 200])
  }
)
