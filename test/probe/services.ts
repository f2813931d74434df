import type { IncomingMessage, ServerResponse } from 'node:http'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const pathOf = ({ url = '' }: IncomingMessage) => url.split('?')[0] ?? ''

/** As many services are written: it knows users by a header, and does not tell letter cases or doubled slashes apart. */
export const trusting: Handler = (request, response) => {
  const path = pathOf({ url: String(request.headers['x-original-url'] ?? request.url) } as IncomingMessage)
  const user = request.headers['x-user-id']
  if (path.toLowerCase().replaceAll(/\/+/g, '/') !== '/api/me') response.writeHead(404).end('nothing here')
  else if (user === undefined) response.writeHead(401).end('who are you?')
  else response.end(`hello, you are number 1 at ${Date.now()}`)
}

/** Knows nobody by what they say, and every path by its bytes. */
export const deaf: Handler = (request, response) => {
  if (pathOf(request) === '/api/me') response.end(`the time is ${Date.now()}`)
  else response.writeHead(404).end('nothing here')
}

/** Answers with what it is sent. */
export const echoing: Handler = ({ method, url, headers }, response) =>
  response.end(JSON.stringify({ method, url, headers }))
