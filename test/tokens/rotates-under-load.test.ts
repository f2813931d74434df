import t from 'tap'
import { bearer, post, startGateway, type Tokens } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { keyIdOf, makeKeyFolder } from './some-keys.js'

t.test('twenty rotations under logins, refreshes and requests refuse no valid token', async (t) => {
  const upstream = await startUpstream(t)
  const { url, login, resources } = await startGateway(
    t,
    `tokens: { keys: ${makeKeyFolder(t)} }
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: authenticated, to: web }]`,
    [{ username: 'alice' }]
  )
  let rotating = true
  let requests = 0
  const refusals: string[] = []
  const kids = new Set<string>()

  async function requestOnce(tokens: Tokens): Promise<void> {
    const response = await fetch(`${url}/thing`, { headers: bearer(tokens.access_token) })
    requests += 1
    kids.add(keyIdOf(tokens.access_token))
    const body = await response.text()
    if (response.status !== 200) refusals.push(`request ${response.status} ${body}`)
  }

  async function client(): Promise<void> {
    let tokens = await login('alice')
    const oldest = tokens
    while (rotating) {
      await requestOnce(tokens)
      await requestOnce(oldest)
      const response = await post(`${url}/auth/refresh`, { refresh_token: tokens.refresh_token })
      if (response.status !== 200) refusals.push(`refresh ${response.status} ${await response.text()}`)
      else tokens = (await response.json()) as Tokens
    }
    await requestOnce(tokens)
    await requestOnce(oldest)
  }

  async function rotate(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      const before = requests
      await resources.keyring.rotate(true)
      await resources.keyring.look()
      while (requests < before + 20 && refusals.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    rotating = false
  }

  await Promise.all([client(), client(), client(), client(), rotate()])
  t.same(refusals, [])
  t.ok(kids.size >= 10, `${requests} requests with tokens of ${kids.size} keys`)
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: unknown[] }
  t.equal(keys.length, 21, 'all of which are still published')
})
