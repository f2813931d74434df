import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { decode } from '../helpers/forge.js'

export interface Question {
  readonly path: string
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
}

/** What a client of simplejwt can tell of an answer. */
export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly type: string | null
  readonly challenge: string | null
  readonly allow: string | null
  readonly retryAfter: string | null
}

function readAnswer({ headers, statusCode = 0 }: IncomingMessage, text: string): Answer {
  const one = (name: string) => headers[name]?.toString() ?? null
  const type = one('content-type')
  const written = text === '' ? null : '(not JSON)'
  return {
    status: statusCode,
    body: type === 'application/json' ? JSON.parse(text === '' ? 'null' : text) : written,
    type,
    challenge: one('www-authenticate'),
    allow: one('allow'),
    retryAfter: one('retry-after')
  }
}

/** Asks as written: no library of this century would send some of these. */
export function ask(base: string, { path, method = 'POST', headers = {}, body }: Question): Promise<Answer> {
  const length =
    body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const asked = request(
      `${base}${path}`,
      { method, headers: { ...length, ...headers }, agent: false },
      (response) => {
        // The original sends a body after a HEAD, which no client can read.
        if (method === 'HEAD') {
          resolve(readAnswer(response, ''))
          response.destroy()
        }
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.once('end', () => resolve(readAnswer(response, text)))
      }
    )
    asked.once('error', reject)
    asked.end(body)
  })
}

export const json = (path: string, value: unknown): Question => jsonText(path, JSON.stringify(value))

export const jsonText = (path: string, body: string): Question => ({
  path,
  headers: { 'content-type': 'application/json' },
  body
})

export const form = (path: string, body: string): Question => ({
  path,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body
})

/** Parts as they stand between the boundaries: header lines, an empty line, and the value. */
export const multipart = (path: string, ...parts: readonly string[]): Question => ({
  path,
  headers: { 'content-type': 'multipart/form-data; boundary=edge' },
  body: `${parts.map((part) => `--edge\r\n${part}\r\n`).join('')}--edge--\r\n`
})

export const part = (name: string, value: string) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`

export const claimsOf = (token: string) => JSON.parse(decode(token.split('.')[1])) as Record<string, unknown>
