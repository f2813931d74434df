import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** More of a body than this is counted, not shown. */
const SHOWN_BYTES = 4096

export interface ExampleUpstream {
  readonly url: string
  readonly close: () => void
}

/** A service that knows nothing of the gateway: it answers with what it was sent, so that one sees what is forwarded. */
export async function startExampleUpstream(): Promise<ExampleUpstream> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      if (bytes < SHOWN_BYTES) chunks.push(chunk)
      bytes += chunk.length
    })
    request.on('end', () => {
      const body = Buffer.concat(chunks).subarray(0, SHOWN_BYTES).toString('utf8')
      response.setHeader('content-type', 'application/json')
      response.end(
        `${JSON.stringify({ method: request.method, path: request.url, headers: request.headers, bytes, body }, null, 2)}\n`
      )
    })
    request.on('error', () => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}
