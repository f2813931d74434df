import type { Test } from 'tap'
import { startGateway, type TestGateway, type TestUser } from '../helpers/gateway.js'
import { type RawAnswer, sendRaw } from '../helpers/raw-request.js'
import { type StrictUpstream, startStrictUpstream } from './strict-upstream.js'

/** One open site with protected areas in it: a spelling that is missed is a way in. */
const openSite = (url: string, settings: string) => `
${settings}
upstreams: { web: { url: "${url}" } }
rules:
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /closed/**, allow: authenticated, to: web }
  - { path: /**, allow: anyone, to: web }
`

export interface HostileSite extends TestGateway {
  readonly upstream: StrictUpstream
  /** Sends bytes as they are, and waits until the gateway closes, or for `quietMs` after an answer. */
  readonly send: (bytes: string, quietMs?: number) => Promise<RawAnswer>
  /** What arrived upstream since this was last asked. */
  readonly arrived: () => StrictUpstream['messages']
  /** An ordinary request on a connection of its own must still pass, alone and as it was sent. */
  readonly control: (t: Test, after: string) => Promise<void>
}

/** A gateway in front of an upstream that records bytes; `yaml` makes the settings of the upstream's URL. */
export async function startHostileSite(
  t: Test,
  { settings = '', yaml = openSite, users = [] as readonly TestUser[] } = {}
): Promise<HostileSite> {
  const upstream = await startStrictUpstream(t)
  const gateway = await startGateway(t, yaml(upstream.url, settings), users)
  let seen = 0
  const send = (bytes: string, quietMs = 2_000) => sendRaw(gateway.port, bytes, quietMs, 10_000)
  const arrived = () => {
    const messages = upstream.messages.slice(seen)
    seen = upstream.messages.length
    return messages
  }
  return {
    ...gateway,
    upstream,
    send,
    arrived,
    async control(t, after) {
      arrived()
      const answer = await send('GET /open/control HTTP/1.1\r\nHost: control.test\r\nConnection: close\r\n\r\n')
      t.equal(answer.status, 200, `after ${after} a control request passes`)
      const [message, ...more] = arrived()
      t.equal(`${message?.method} ${message?.target}`, 'GET /open/control', `after ${after} it arrives as it was sent`)
      t.equal(more.length, 0, `after ${after} it arrives alone`)
      t.strictSame(upstream.faults, [], `after ${after} everything upstream has one framing`)
    }
  }
}
