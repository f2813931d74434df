import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Server as NetServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A request as it arrived at the upstream. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface EchoUpstream {
  readonly url: string
  readonly port: number
  readonly server: Server
  readonly received: Received[]
  readonly last: () => Received
}

const listen = (server: NetServer, port = 0) =>
  new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve())
  })

/** An HTTP server that records every request whole and answers `handler`, or 200 with a small JSON body. */
export async function startUpstream(
  t: Test,
  handler?: (request: IncomingMessage, response: ServerResponse, received: Received) => void
): Promise<EchoUpstream> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const one: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      body: Buffer.concat(chunks)
    }
    received.push(one)
    if (handler !== undefined) handler(request, response, one)
    else
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ method: one.method, url: one.url }))
  })
  await listen(server)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    received,
    last() {
      const last = received.at(-1)
      if (last === undefined) throw new Error('nothing has arrived')
      return last
    }
  }
}

export interface RawUpstream {
  readonly url: string
  readonly port: number
  /** All bytes of each connection, as they came. */
  readonly connections: { readonly socket: Socket; bytes: Buffer }[]
}

/** A TCP server that records bytes and lets `onData` answer whatever it likes; on any free port unless one is named. */
export async function startRawUpstream(
  t: Test,
  onData: (socket: Socket, bytes: Buffer) => void,
  onConnect?: (socket: Socket) => void,
  onPort = 0
): Promise<RawUpstream> {
  const connections: { socket: Socket; bytes: Buffer }[] = []
  const server = createRawServer((socket) => {
    const connection = { socket, bytes: Buffer.alloc(0) as Buffer }
    connections.push(connection)
    onConnect?.(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      connection.bytes = Buffer.concat([connection.bytes, chunk])
      onData(socket, connection.bytes)
    })
  })
  await listen(server, onPort)
  t.teardown(() => {
    for (const { socket } of connections) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, connections }
}
