import { type IncomingHttpHeaders, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  /** Flat, without what is said from hop to hop and what tells the time. */
  readonly fields: readonly string[]
  readonly body: Buffer
}

export interface Question {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

const OF_THE_HOP = /^(connection|keep-alive|transfer-encoding|date|server)$/i

/** Asks over a connection of its own. */
export function ask(port: number, { path, method = 'GET', headers = {}, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const question = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, async (answer) => {
      try {
        const fields: string[] = []
        for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
          const name = answer.rawHeaders[i] ?? ''
          if (!OF_THE_HOP.test(name)) fields.push(`${name}: ${answer.rawHeaders[i + 1]}`)
        }
        const { statusCode: status = 0, statusMessage: reason = '', headers } = answer
        resolve({ status, reason, headers, fields, body: Buffer.concat(await answer.toArray()) })
      } catch (error) {
        reject(error)
      }
    })
    question.once('error', reject)
    question.end(body)
  })
}
