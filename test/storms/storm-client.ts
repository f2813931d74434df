import { Agent, request } from 'node:http'
import type { Test } from 'tap'
import type { Tokens } from '../helpers/gateway.js'
import { ADMIN_PASSWORD } from '../helpers/gateway-process.js'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface StormClient {
  /** Rejects when no whole answer came: then nothing has been confirmed. */
  readonly post: (path: string, fields: object) => Promise<Answer>
  readonly get: (path: string, accessToken: string) => Promise<Answer>
  /** 200 and tokens, or what was said instead. */
  readonly refresh: (refreshToken: string) => Promise<Answer & { readonly tokens: Tokens | null }>
  readonly signIn: () => Promise<Tokens>
}

/** A client of one gateway that keeps its connections open. */
export function createStormClient(t: Test, url: string, connections: number): StormClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  t.teardown(() => agent.destroy())

  const send = (method: string, path: string, headers: Record<string, string>, body = '') =>
    new Promise<Answer>((resolve, reject) => {
      const asked = request(`${url}${path}`, { method, agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk) => {
          text += chunk
        })
        response.once('error', reject)
        response.once('end', () => {
          if (!response.complete) return reject(new Error('the answer was cut off'))
          resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) })
        })
      })
      asked.once('error', reject)
      asked.end(body)
    })
  const post = (path: string, fields: object) =>
    send('POST', path, { 'content-type': 'application/json' }, JSON.stringify(fields))
  const tokensOf = ({ status, body }: Answer) => (status === 200 ? (body as unknown as Tokens) : null)

  return {
    post,
    get: (path, accessToken) => send('GET', path, { authorization: `Bearer ${accessToken}` }),
    async refresh(refreshToken) {
      const answer = await post('/auth/refresh', { refresh_token: refreshToken })
      return { ...answer, tokens: tokensOf(answer) }
    },
    async signIn() {
      const answer = await post('/auth/login', { username: 'admin', password: ADMIN_PASSWORD })
      const tokens = tokensOf(answer)
      if (tokens === null) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`)
      return tokens
    }
  }
}

/** Sign-ins are many here, and what they cost is another test's concern. */
export const site = (more: string, guesses = 100) => `
store: sqlite:data/gateway.db
logs: { access: off }
users: { hash: { memory: 8kb, passes: 1, insecure_weak_hash: true }, login: { per_account_and_network: ${guesses}, window: 1m } }
upstreams: { nowhere: { url: "http://127.0.0.1:9" } }
${more}
rules: [ { path: /limited, allow: anyone, to: nowhere } ]
`
