import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Message, splitMessages } from './message.js'

/** What reached the upstream on one connection. */
export interface Arrival {
  /** As it came, or as an upstream that echoes what it was sent tells it. */
  readonly text: string
  readonly fields: Message['fields']
  /** False: its end never came, so that no server acts on it. */
  readonly whole: boolean
  /** Bytes that follow it on the connection. */
  readonly more: string
}

export interface Recorder {
  readonly url: string
  /** What has come since it was last asked. */
  readonly take: () => readonly Arrival[]
  readonly close: () => Promise<void>
}

const answerTo = ({ startLine }: Message): string => {
  const body = startLine.startsWith('HEAD ') ? '' : 'ok'
  return `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n${body}`
}

/** An upstream that stands in for the real ones: it answers each request 200, and keeps its bytes. */
export async function startRecorder(): Promise<Recorder> {
  let connections: { bytes: string }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const connection = { bytes: '' }
    connections.push(connection)
    sockets.add(socket)
    let answered = false
    socket.on('data', (chunk) => {
      connection.bytes += chunk.toString('latin1')
      const [first] = splitMessages(connection.bytes).messages
      if (answered || first?.whole !== true) return
      answered = true
      socket.end(answerTo(first))
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = connections.filter(({ bytes }) => bytes !== '')
      connections = connections.filter(({ bytes }) => bytes === '')
      return taken.map(({ bytes }) => arrivalOf(bytes))
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

function arrivalOf(bytes: string): Arrival {
  const [first] = splitMessages(bytes).messages
  if (first === undefined) return { text: bytes, fields: [], whole: false, more: '' }
  return { text: first.text, fields: first.fields, whole: first.whole, more: bytes.slice(first.text.length) }
}

/** What an upstream says that it was sent, when it is one that answers by it; null: it is none. */
export function readEcho(body: string): Arrival | null {
  try {
    const said: unknown = JSON.parse(body)
    if (typeof said !== 'object' || said === null || !('headers' in said)) return null
    const { headers } = said
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return null
    const fields = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, String(one)] as const)
    )
    return { text: body, fields, whole: true, more: '' }
  } catch {
    return null
  }
}
