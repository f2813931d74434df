import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from 'ws'

/** RFC 6455 §1.3's own. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

/** A handshake as text, with more header lines; one of `without` is left out. */
export function handshake(path: string, lines: readonly string[] = [], without: readonly string[] = []): string {
  const usual = ['Host: gateway.test', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  const all = [...usual, `Sec-WebSocket-Key: ${KEY}`].filter((line) => !without.includes(line.split(':')[0] ?? ''))
  return `GET ${path} HTTP/1.1\r\n${[...all, ...lines].map((line) => `${line}\r\n`).join('')}\r\n`
}

/** The Sec-WebSocket-Accept of a key. */
export const acceptOf = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** A 101 that answers a handshake as it was received, with more lines. */
export function agree(received: string, lines: readonly string[] = []): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(received)?.[1] ?? ''
  const all = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${acceptOf(key)}`, ...lines]
  return `HTTP/1.1 101 Switching Protocols\r\n${all.map((line) => `${line}\r\n`).join('')}\r\n`
}

export interface Peer {
  readonly url: string
  readonly server: WebSocketServer
  /** The requests that became WebSockets, and these. */
  readonly opened: { readonly request: IncomingMessage; readonly socket: WebSocket }[]
  readonly last: () => { readonly request: IncomingMessage; readonly socket: WebSocket }
}

/** An upstream of the ws package; it echoes, unless `onOpen` does something else. */
export async function startPeer(
  t: Test,
  options: ServerOptions = {},
  onOpen: (socket: WebSocket, request: IncomingMessage) => void = (socket) =>
    socket.on('message', (data, binary) => socket.send(data, { binary }))
): Promise<Peer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
  const opened: { request: IncomingMessage; socket: WebSocket }[] = []
  server.on('connection', (socket, request) => {
    socket.on('error', () => {})
    opened.push({ request, socket })
    onOpen(socket, request)
  })
  await once(server, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    opened,
    last() {
      const last = opened.at(-1)
      if (last === undefined) throw new Error('no WebSocket was opened')
      return last
    }
  }
}

/** A client of the ws package, open; it goes with the test. */
export async function openWebSocket(
  t: Test,
  port: number,
  path = '/',
  options: ClientOptions & { readonly protocols?: string[] } = {}
): Promise<WebSocket> {
  const { protocols = [], ...rest } = options
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, rest)
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.on('error', () => {})
  return socket
}

/** The next message, as it came. */
export async function nextMessage(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  return data
}

/** When a WebSocket is closed: the code that its owner is told. */
export const codeOf = (socket: WebSocket): Promise<number> =>
  socket.readyState === WebSocket.CLOSED
    ? Promise.resolve(1006)
    : new Promise((resolve) => socket.once('close', (code) => resolve(code)))

export interface RawClient {
  readonly socket: Socket
  /** All that came, latin1: one character a byte. */
  readonly text: () => string
  readonly closed: () => boolean
}

/** A client of bytes, which goes with the test. */
export function openRaw(t: Test, port: number, bytes: string): RawClient {
  let text = ''
  let closed = false
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(bytes, 'latin1'))
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  socket.on('end', () => {
    closed = true
  })
  socket.on('close', () => {
    closed = true
  })
  t.teardown(() => socket.destroy())
  return { socket, text: () => text, closed: () => closed }
}
