import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What the upstream is told, by the request itself, to make of it. */
export interface Plan {
  readonly id: string
  readonly framing: 'sized' | 'chunked' | 'closing' | 'none'
  readonly octets: number
  readonly interim: boolean
  /** Before it has read the body. */
  readonly early: boolean
  /** The answer leaves in so many pieces. */
  readonly pieces: number
  /** Of the answer, what leaves, from 0 to 1; then comes `after`. */
  readonly part: number
  /** `poison`: more octets follow in the same piece. */
  readonly after: 'nothing' | 'poison' | 'end' | 'reset'
}

/** What a body of so many octets is, for whoever sends and reads it. */
export const contentOf = (id: string, octets: number) => Buffer.alloc(octets, `${id}.`, 'latin1')

/** Tells bodies apart. */
export function digestOf(body: Buffer): string {
  let sum = 0
  for (const octet of body) sum = (sum * 31 + octet) % 4_294_967_291
  return `${body.length}:${sum}`
}

const POISON = 'HTTP/1.1 200 OK\r\nX-Id: poison\r\nContent-Length: 0\r\n\r\n'

function framed({ id, framing, octets }: Plan): [fields: string, body: Buffer] {
  const content = contentOf(id, octets)
  if (framing === 'none') return ['Content-Length: 0\r\n', Buffer.alloc(0)]
  if (framing === 'sized') return [`Content-Length: ${octets}\r\n`, content]
  if (framing === 'closing') return ['Connection: close\r\n', content]
  const pieces: Buffer[] = []
  for (let at = 0; at < octets; at += 977) {
    const data = content.subarray(at, at + 977)
    pieces.push(Buffer.from(`${data.length.toString(16)};x=y\r\n`), data, Buffer.from('\r\n'))
  }
  return ['Transfer-Encoding: chunked\r\n', Buffer.concat([...pieces, Buffer.from(`0\r\nX-End: ${id}\r\n\r\n`)])]
}

/** All octets of an answer, and how many of them are its own. */
function write(plan: Plan, got: string): Buffer {
  const [fields, body] = framed(plan)
  const interim = plan.interim ? 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Hint: a\r\n\r\n' : ''
  const head = `${interim}HTTP/1.1 200 OK\r\nX-Id: ${plan.id}\r\nX-Got: ${got}\r\n${fields}\r\n`
  const all = Buffer.concat([Buffer.from(head, 'latin1'), body])
  if (plan.after === 'poison' && plan.framing !== 'closing') return Buffer.concat([all, Buffer.from(POISON)])
  return plan.part === 1 ? all : all.subarray(0, Math.floor(plan.part * all.length))
}

async function answer(plan: Plan, got: string, socket: Socket): Promise<void> {
  const octets = write(plan, got)
  const pieces = plan.after === 'poison' ? 1 : plan.pieces
  const each = Math.max(1, Math.ceil(octets.length / pieces))
  for (let at = 0; at < octets.length && !socket.destroyed; at += each) {
    if (at > 0) await pause(Math.random() * 4)
    if (!socket.write(octets.subarray(at, at + each))) {
      await new Promise<void>((resolve) => {
        function goOn() {
          socket.off('drain', goOn)
          socket.off('close', goOn)
          resolve()
        }
        socket.on('drain', goOn)
        socket.on('close', goOn)
      })
    }
  }
  if (plan.after === 'reset' && !('encrypted' in socket)) socket.resetAndDestroy()
  else if (plan.after === 'reset') socket.destroy()
  else if (plan.after === 'end' || plan.framing === 'closing') socket.end()
}

async function receive(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } catch {
    return null
  }
}

export interface FickleUpstream {
  readonly origin: string
  /** Requests that Node's server could not read; one that is cut off is none of them. */
  readonly unreadable: string[]
  readonly open: () => number
  readonly mostOpen: () => number
  readonly close: () => void
}

/** Reads requests with Node's own server, and answers them as each says itself. */
export async function startFickleUpstream(
  secure: { readonly cert: string; readonly key: string } | null
): Promise<FickleUpstream> {
  const sockets = new Set<Socket>()
  const unreadable: string[] = []
  let most = 0
  const onRequest: RequestListener = async (request) => {
    const plan: Plan = JSON.parse(String(request.headers['x-plan']))
    const { socket } = request
    if (plan.early) {
      await answer(plan, 'early', socket)
      // Who reads nothing does not see that a connection has ended.
      request.resume()
      return
    }
    const body = await receive(request)
    if (body !== null) await answer(plan, digestOf(body), socket)
  }
  const server: Server = secure === null ? createServer(onRequest) : createSecureServer(secure, onRequest)
  server.on(secure === null ? 'connection' : 'secureConnection', (socket: Socket) => {
    sockets.add(socket)
    most = Math.max(most, sockets.size)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', async (request, socket) => {
    const { id }: Plan = JSON.parse(String(request.headers['x-plan']))
    const SWITCHES = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
    socket.write(SWITCHES + id)
    await pause(Math.random() * 10)
    socket.end(id)
  })
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    const code = error.code ?? ''
    if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') unreadable.push(`${code} ${error.message}`)
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `${secure === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    unreadable,
    open: () => sockets.size,
    mostOpen: () => most,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}
