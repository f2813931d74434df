import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** What a token says, whoever signed it. */
function rolesOf(authorization = ''): unknown {
  try {
    return JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString()).roles
  } catch {
    return []
  }
}

async function login(incoming: IncomingMessage, response: ServerResponse) {
  let body = ''
  for await (const chunk of incoming) body += chunk
  try {
    const { username, password } = JSON.parse(body)
    // As a query does that takes its operators from a body.
    const isRight = typeof password === 'object' && password !== null && '$ne' in password
    response.statusCode = username !== undefined && isRight ? 200 : 401
  } catch {
    response.statusCode = 500
  }
  response.end('{}')
}

function forward(upstream: string, incoming: IncomingMessage, response: ServerResponse, options: RequestOptions): void {
  const fail = () => response.writeHead(502).end()
  try {
    const outgoing = request(upstream, { ...options, method: incoming.method })
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' })
      answer.pipe(response)
    })
    outgoing.on('upgrade', (_answer, socket) => socket.destroy())
    outgoing.on('error', fail)
    incoming.resume().on('end', () => outgoing.end())
  } catch {
    // What its lenient parser has let in, its client refuses to send.
    fail()
  }
}

/** A gateway as one is written in an afternoon: it works for whoever means well. */
export async function startNaiveGateway(t: Test, upstream: string): Promise<string> {
  const server = createServer({ insecureHTTPParser: true, requireHostHeader: false }, (incoming, response) => {
    const { url = '', method, headers } = incoming
    if (headers.origin !== undefined) response.setHeader('access-control-allow-origin', headers.origin)
    if (url === '/auth/login' && method === 'POST') return login(incoming, response)
    const isAdmin = [rolesOf(headers.authorization), headers['x-user-roles'] ?? ''].flat().join().includes('admin')
    if ((url.startsWith('/api/admin/') && !isAdmin) || url === '/auth/login') return response.writeHead(403).end('no')
    const target = URL.canParse(url, upstream) ? new URL(url, upstream) : new URL(upstream)
    const path = target.pathname + target.search
    const {
      'content-length': _length,
      'transfer-encoding': _coding,
      host: _host,
      trailer: _trailer,
      ...others
    } = headers
    forward(upstream, incoming, response, {
      path,
      headers: { ...others, 'x-user-id': headers['x-user-id'] ?? 'nobody' }
    })
    return response
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
