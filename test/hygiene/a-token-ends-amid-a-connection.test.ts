import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { type Conversation, converse } from '../helpers/conversation.js'
import { eventually } from '../helpers/eventually.js'
import { openToken } from '../helpers/forge.js'
import { bearer, post, startGateway, type Tokens } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'
import { handshake } from '../helpers/websocket.js'
import { type HostileSite, startHostileSite } from './hostile-site.js'
import { valuesOf } from './strict-http.js'

const users = [{ username: 'alice', roles: ['admin'] }, { username: 'bob' }]

const get = (path: string, { access_token }: Tokens, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${access_token}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

const statusesOf = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Says something, and waits for the answer that comes of it. */
async function ask(client: Conversation, bytes: string): Promise<{ readonly status: number; readonly text: string }> {
  const before = client.text().length
  client.say(bytes)
  const rest = () => client.text().slice(before)
  const isWhole = () => {
    const [head, length] = /^[\s\S]*?\r\n\r\n/.exec(rest())?.[0].match(/content-length: (\d+)/i) ?? []
    return head !== undefined && rest().length - rest().indexOf('\r\n\r\n') - 4 >= Number(length)
  }
  await eventually(() => isWhole() || client.closed(), `an answer to ${JSON.stringify(bytes)}`)
  return { status: statusesOf(rest())[0] ?? 0, text: rest() }
}

type Site = HostileSite & { readonly clock: ReturnType<typeof freezeClock> }

const logout = async ({ url }: Site, path: string, { access_token }: Tokens) => {
  const { status } = await post(`${url}${path}`, {}, bearer(access_token))
  if (status !== 204) throw new Error(`${path}: ${status}`)
}

/** What ends alice's token, and the code by which it is refused from then on. */
const ENDINGS: Readonly<Record<string, readonly [code: string, end: (site: Site, tokens: Tokens) => unknown]>> = {
  'its time is over': ['expired_token', ({ clock }) => clock.advance(900)],
  'its session is signed out': ['revoked_token', (site, tokens) => logout(site, '/auth/logout', tokens)],
  'all sessions are signed out from another one': [
    'revoked_token',
    async (site) => logout(site, '/auth/logout-all', await site.login('alice'))
  ],
  'its refresh token comes back after it was spent': [
    'revoked_token',
    async ({ url, clock }, { refresh_token }) => {
      await post(`${url}/auth/refresh`, { refresh_token })
      clock.advance(120)
      await post(`${url}/auth/refresh`, { refresh_token })
    }
  ],
  'a role is taken': ['revoked_token', ({ gateway }) => gateway.operatorUsers.setRoles('alice', [])],
  'the password is another': [
    'revoked_token',
    ({ gateway }) => gateway.operatorUsers.setPassword('alice', 'another one')
  ],
  'the user is disabled': ['revoked_token', ({ gateway }) => gateway.operatorUsers.setDisabled('alice', true)],
  'the user is removed': ['revoked_token', ({ gateway }) => gateway.operatorAccounts.remove('alice')],
  'its key is retired': [
    'invalid_token',
    ({ resources: { keyring } }, { access_token }) => keyring.retire(String(openToken(access_token).header.kid), true)
  ]
}

/** Everything that arrived, with who it was that asked, as the upstream reads it. */
const arrivals = ({ arrived }: HostileSite) =>
  arrived().map((message) => ({ target: message.target, by: valuesOf(message, 'x-user-id') }))

async function startSite(t: Test): Promise<Site & { readonly subjects: Readonly<Record<string, string>> }> {
  const clock = freezeClock(t)
  const site = await startHostileSite(t, { settings: 'tokens: { access: 15m }' })
  const [alice, bob] = await Promise.all(users.map(site.addUser))
  return { ...site, clock, subjects: { alice: alice?.id ?? '', bob: bob?.id ?? '' } }
}

for (const [what, [code, end]] of Object.entries(ENDINGS)) {
  t.test(`between two requests of one connection: ${what}`, async (t) => {
    const site = await startSite(t)
    const [tokens, others] = [await site.login('alice'), await site.login('bob')]
    const client = converse(t, site.port)
    // A second time, so that the verdict of the first is remembered.
    for (const path of ['/closed/1', '/admin/2']) t.equal((await ask(client, get(path, tokens))).status, 200, path)
    t.strictSame(arrivals(site), [
      { target: '/closed/1', by: [site.subjects.alice] },
      { target: '/admin/2', by: [site.subjects.alice] }
    ])
    await end(site, tokens)
    for (const path of ['/closed/3', '/admin/4', '/closed/1']) {
      const { status, text } = await ask(client, get(path, tokens))
      t.equal(status, 401, path)
      t.match(text, `"code":"${code}"`)
      t.match(text, /\r\nwww-authenticate: Bearer .*error="invalid_token"/i)
    }
    const stranger = await ask(client, get('/open/5', tokens))
    t.equal(stranger.status, 200, 'where anybody may go, it is a stranger who asks')
    t.equal(
      (await sendRaw(site.port, handshake('/closed/6', [`Authorization: Bearer ${tokens.access_token}`]))).status,
      401
    )
    t.strictSame(arrivals(site), [{ target: '/open/5', by: [] }], 'nothing else of it arrives')

    // The connection is nobody's: it serves whoever is let in next.
    const fresh = code === 'revoked_token' ? others : await site.login('bob')
    t.equal((await ask(client, get('/closed/7', fresh))).status, 200)
    t.strictSame(arrivals(site), [{ target: '/closed/7', by: [site.subjects.bob] }])
    t.equal(client.closed(), false)
    await site.control(t, what)
  })

  t.test(`while the header section is on its way: ${what}`, async (t) => {
    const site = await startSite(t)
    const tokens = await site.login('alice')
    const client = converse(t, site.port)
    t.equal((await ask(client, get('/closed/1', tokens))).status, 200)
    const late = get('/closed/2', tokens)
    client.say(late.slice(0, -2))
    await eventually(() => client.socket.bytesWritten === (get('/closed/1', tokens) + late).length - 2, 'it is sent')
    await end(site, tokens)
    t.equal((await ask(client, '\r\n')).status, 401, 'what counts is when it is whole')
    t.strictSame(
      arrivals(site).map(({ target }) => target),
      ['/closed/1']
    )
    await site.control(t, what)
  })
}

t.test('a request that was let in before its token ended goes on, and is the last', async (t) => {
  const site = await startSite(t)
  const bodies: Readonly<Record<string, readonly [framing: string, first: string, last: string]>> = {
    sized: ['Content-Length: 10', 'hello', 'world'],
    chunked: ['Transfer-Encoding: chunked', '5\r\nhello\r\n', '5\r\nworld\r\n0\r\n\r\n'],
    waited: ['Expect: 100-continue\r\nContent-Length: 10', 'hello', 'world']
  }
  for (const [name, [framing, first, last]] of Object.entries(bodies)) {
    for (const what of ['its time is over', 'its session is signed out', 'a role is taken']) {
      const tokens = await site.login('alice')
      const client = converse(t, site.port)
      const authorization = `Authorization: Bearer ${tokens.access_token}`
      client.say(`POST /closed/${name} HTTP/1.1\r\nHost: a\r\n${authorization}\r\n${framing}\r\n\r\n`)
      if (name === 'waited') await client.hears('HTTP/1.1 100 Continue\r\n\r\n')
      client.say(first)
      await eventually(() => site.upstream.bytes().some((bytes) => /hello(\r\n)?$/.test(bytes)), 'it is under way')
      await ENDINGS[what]?.[1](site, tokens)
      // What follows in the same piece was not let in yet.
      client.say(last + get('/closed/behind', tokens))
      await client.hears(/HTTP\/1\.1 401 /)
      t.strictSame(
        statusesOf(client.text()).filter((status) => status > 199),
        [200, 401],
        `${name}: ${what}`
      )
      const [message, ...more] = site.arrived()
      t.equal(message?.target, `/closed/${name}`)
      t.strictSame(message === undefined ? [] : valuesOf(message, 'x-user-id'), [site.subjects.alice])
      t.equal(message?.body, 'helloworld', `${name}: ${what}: it arrives whole`)
      t.equal(more.length, 0)
      await site.control(t, `${name}: ${what}`)
    }
  }
})

t.test('what is asked behind an answer that takes long is judged by what holds then', async (t) => {
  const held: ServerResponse[] = []
  const upstream = await startUpstream(t, (_request, response) => held.push(response))
  const gateway = await startGateway(
    t,
    `upstreams: { web: { url: "${upstream.url}" } }\nrules: [{ path: /**, allow: authenticated, to: web }]`,
    users
  )
  const [tokens, others] = [await gateway.login('alice'), await gateway.login('bob')]
  const client = converse(t, gateway.port)
  client.say(get('/1', tokens) + get('/2', tokens))
  await eventually(() => held.length === 2, 'both are let in')
  await gateway.gateway.operatorUsers.setRoles('alice', [])
  client.say(get('/3', tokens) + get('/4', others) + get('/5', tokens))
  await eventually(() => held.length === 3, "another one's is let in")
  for (const response of held) response.end('ok')
  await eventually(() => statusesOf(client.text()).length === 5, 'all are answered')
  t.strictSame(statusesOf(client.text()), [200, 200, 401, 200, 401], 'each in its turn')
  t.strictSame(
    upstream.received.map(({ url }) => url),
    ['/1', '/2', '/4']
  )
})

t.test('pipelined around its own logout, what is answered is what arrived, and afterwards nothing is', async (t) => {
  const site = await startSite(t)
  for (let round = 0; round < 10; round += 1) {
    const tokens = await site.login('alice')
    const client = converse(t, site.port)
    const authorization = `Authorization: Bearer ${tokens.access_token}`
    const logout = `POST /auth/logout HTTP/1.1\r\nHost: a\r\n${authorization}\r\nContent-Length: 0\r\n\r\n`
    const paths = ['/closed/0', '/closed/1', '/closed/2', '/closed/3']
    const [first = '', ...rest] = paths.map((path) => get(path, tokens))
    client.say(first + logout + rest.join(''))
    await eventually(() => statusesOf(client.text()).length === 5, 'all are answered')
    const [before, ended, ...after] = statusesOf(client.text())
    t.strictSame([before, ended], [200, 204])
    t.ok(after.every((status) => status === 200 || status === 401))
    const passed = paths.filter((_path, place) => place === 0 || after[place - 1] === 200)
    t.strictSame(
      site
        .arrived()
        .map(({ target }) => target)
        .toSorted(),
      passed,
      'no refused one arrived'
    )
    t.equal((await ask(client, get('/closed/late', tokens))).status, 401)
    await site.control(t, `round ${round}`)
  }
})

t.test('no request that begins after a logout was confirmed arrives, however many are under way', async (t) => {
  const site = await startSite(t)
  for (let round = 0; round < 5; round += 1) {
    const tokens = await site.login('alice')
    const clients = Array.from({ length: 4 }, () => converse(t, site.port))
    let said = 0
    let confirmed = Number.POSITIVE_INFINITY
    const ended = new Promise<void>((resolve, reject) => {
      setTimeout(() => {
        logout(site, '/auth/logout', tokens).then(() => {
          confirmed = said
          resolve()
        }, reject)
      }, 5 * round)
    })
    while (said < confirmed + 40) {
      for (const client of clients) client.say(get(`/closed/${said++}`, tokens))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ended
    const answers = () => clients.reduce((sum, client) => sum + statusesOf(client.text()).length, 0)
    await eventually(() => answers() === said, 'all are answered', 20_000)
    const numbers = site.arrived().map(({ target }) => Number(target.split('/')[2]))
    t.ok(
      numbers.every((number) => number < confirmed),
      `${numbers.length} of ${said} arrived, the last is ${Math.max(...numbers)}, ${confirmed} was the first too late`
    )
    await site.control(t, `round ${round}`)
  }
})
