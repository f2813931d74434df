import t, { type Test } from 'tap'
import { resign } from '../helpers/forge.js'
import { type HostileSite, startHostileSite } from './hostile-site.js'
import type { Message } from './strict-http.js'
import { nameReaders, valuesReadAs, valuesTaken } from './upstream-readings.js'

const IDENTITY = ['x-user-id', 'x-user-name', 'x-user-roles']
const FOREIGN = [
  ...['x-tenant', 'remote-user', 'remote-groups', 'x-remote-user', 'x-forwarded-user', 'x-forwarded-email'],
  ...['x-auth-request-user', 'x-webauth-user', 'x-authentik-username', 'x-consumer-id', 'x-forwarded-client-cert'],
  ...['x-portcullis-assertion', 'authorization']
]

/** In every reading of names: each field once, as the token says, or none of them; and nobody else's at all. */
function holdsIdentity(t: Test, message: Message | undefined, expected: readonly string[], what: string): void {
  if (message === undefined) throw new Error(`${what} has not arrived`)
  for (const reader of nameReaders) {
    const said: string[] = IDENTITY.flatMap((name) => [...new Set(valuesTaken(valuesReadAs(message, reader, name)))])
    t.strictSame(said, expected, `${what}, as read by ${reader.name}`)
    const foreign: string[] = FOREIGN.filter((name) => valuesReadAs(message, reader, name).length > 0)
    t.strictSame(foreign, [], `${what} tells nothing else to ${reader.name}`)
  }
}

const forged = (names: readonly string[], spell: (name: string) => string) =>
  names.map((name) => `${spell(name)}: forged`).join('\r\n')
const ASSERTED = FOREIGN.filter((name) => name !== 'authorization')

/** Header lines that pass, and must say nothing to anybody. */
const PASSING: readonly string[] = [
  ...[...`-_.!#$%&'*+^\`|~`].map((separator) => forged(IDENTITY, (name) => name.replaceAll('-', separator))),
  forged(IDENTITY, (name) => name.toUpperCase()),
  forged(IDENTITY, (name) => name.replace('-', '_')),
  forged(ASSERTED, (name) => name),
  forged(ASSERTED, (name) => name.toUpperCase().replaceAll('-', '_')),
  forged(ASSERTED, (name) => name.replaceAll('-', '.')),
  'X-User-Id:',
  'X-User-Id: \t ',
  'X-User-Id: forged\r\nx-user-id: forged\r\nX_User_Id: forged',
  'X-User-Id: forged\r\n'.repeat(400).trim(),
  'Connection: x-user-id, x-user-name, x-user-roles, x-request-id, host',
  'Connection: close, X-USER-ID\r\nConnection: x_user_id',
  'Connection: x-user-id\r\nX-User-Id: forged',
  'Connection: ,,;"x-user-id"',
  'Keep-Alive: x-user-id\r\nProxy-Connection: x-user-id\r\nTE: trailers, x-user-id',
  'Trailer: X-User-Id',
  'Authorization_: Bearer forged',
  'Proxy-Authorization: Basic Zm9yZ2Vk',
  'Cookie: x-user-id=forged; __Host-portcullis-access=forged',
  '__proto__: forged\r\nconstructor: forged\r\ntoString: forged'
]

/** Header lines for which the whole request is refused: no reader finds two names or values in what is forwarded. */
const REFUSED: readonly string[] = [
  ...['X-User-Id : forged', 'X-User-Id\t: forged', 'X User-Id: forged', ' X-User-Id: forged', 'X-User-Id\x0b: forged'],
  ...[
    'X-User-Id\0: forged',
    'X-User\0-Id: forged',
    'X-User-Id\x7f: forged',
    'X-User-Id\xa0: forged',
    'X\xadUser-Id: forged'
  ],
  ...[
    'X-A: b\r\n X-User-Id: forged',
    'X-A: b\rX-User-Id: forged',
    'X-A: b\nX-User-Id: forged',
    'X-A: b\0\r\nX-User-Id: forged'
  ],
  ...['Authorization: Bearer forged\r\nAuthorization: Bearer forged', '(X-User-Id): forged', 'X-User-Id\r\n: forged']
]

const request = (start: string, ...lines: readonly string[]) =>
  [`${start} HTTP/1.1`, 'Host: a', ...lines, 'X-Kept: kept', '', ''].join('\r\n')

const shown = (token: string) => `Authorization: Bearer ${token}`

async function start(t: Test, settings = 'identity: { strip: [X-Tenant] }') {
  const site = await startHostileSite(t, { settings, users: [{ username: 'alice', roles: ['user', 'editor'] }] })
  const { access_token: token } = await site.login('alice')
  const { access_token: other } = await site.login('alice')
  return { ...site, token, other }
}

/** What the upstream is told of alice when nobody interferes. */
async function honest({ send, arrived }: HostileSite, token: string): Promise<string[]> {
  arrived()
  await send(request('GET /closed', shown(token), 'Connection: close'))
  const [message] = arrived()
  return IDENTITY.flatMap((name) => message?.fields.find(([spelt]) => spelt.toLowerCase() === name)?.[1] ?? [])
}

t.test('no line of a client is read upstream as an identity, adds to ours or takes it away', async (t) => {
  const site = await start(t)
  const alice = await honest(site, site.token)
  t.equal(alice.length, 3)
  for (const lines of PASSING) {
    for (const [path, credential, expected] of [
      ['/closed', shown(site.token), alice],
      ['/open', shown(site.token), alice],
      ['/open', 'X-None: none', []],
      ['/open', shown('forged'), []],
      ['/open', shown(''), []],
      ['/open', 'Authorization: Basic Zm9yZ2VkOmZvcmdlZA==', []]
    ] as const) {
      const what = `${path} ${credential.slice(0, 24)} ${JSON.stringify(lines.slice(0, 60))}`
      const answer = await site.send(request(`GET ${path}`, credential, lines, 'Connection: close'))
      t.equal(answer.status, 200, what)
      const [message, ...more] = site.arrived()
      t.equal(more.length, 0, what)
      holdsIdentity(t, message, expected, what)
      t.ok(
        message?.fields.some(([name, value]) => name === 'X-Kept' && value === 'kept'),
        `${what}: the rest is kept`
      )
    }
    await site.control(t, lines.slice(0, 60))
  }
})

t.test('a line that could be read as two is no request at all', async (t) => {
  const site = await start(t)
  for (const lines of REFUSED) {
    for (const path of ['/closed', '/open']) {
      const what = `${path} ${JSON.stringify(lines)}`
      const answer = await site.send(request(`GET ${path}`, shown(site.token), lines))
      t.equal(answer.status, 400, what)
      t.ok(answer.closed, `${what} ends the connection`)
      t.strictSame(site.arrived(), [], what)
      await site.control(t, what)
    }
  }
})

t.test('neither trailers nor bodies nor methods say who asks', async (t) => {
  const site = await start(t)
  const alice = await honest(site, site.token)
  const trailed = '5\r\nhello\r\n0\r\nX-User-Id: forged\r\nAuthorization: Bearer forged\r\nRemote-User: forged\r\n\r\n'
  for (const [head, lines, body] of [
    ['POST', 'Transfer-Encoding: chunked', trailed],
    ['POST', 'Transfer-Encoding: chunked\r\nTrailer: X-User-Id, Authorization', trailed],
    ['POST', 'Transfer-Encoding: chunked\r\nTE: trailers\r\nConnection: TE', trailed],
    ['POST', 'Content-Length: 19\r\nContent-Type: application/x-www-form-urlencoded', 'access_token=forged0'],
    ['HEAD', 'X-User-Id: forged', ''],
    ['OPTIONS', 'X-User-Id: forged', ''],
    ['TRACE', 'X-User-Id: forged', ''],
    ['PROPFIND', 'X-User-Id: forged', ''],
    ['GET', 'Expect: 100-continue\r\nX-User-Id: forged', ''],
    ['GET', 'Upgrade: h2c\r\nHTTP2-Settings: AA\r\nX-User-Id: forged', '']
  ] as const) {
    for (const [credential, expected] of [
      [shown(site.token), alice],
      ['X-None: none', []]
    ] as const) {
      const what = `${head} ${JSON.stringify(lines)} ${credential.slice(0, 6)}`
      site.arrived()
      const answer = await site.send(request(`${head} /open?access_token=forged`, credential, lines) + body, 40)
      t.equal(answer.status, 200, what)
      holdsIdentity(t, site.arrived()[0], expected, what)
      await site.control(t, what)
    }
  }
})

t.test('who asked before on a connection is not who asks now', async (t) => {
  const site = await start(t)
  const answer = await site.send(
    request('GET /closed', shown(site.token)) +
      request('GET /open/1') +
      request('GET /open/2', shown('forged')) +
      request('GET /closed/3') +
      request('GET /open/4', 'Connection: close')
  )
  t.strictSame(
    answer.text.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9)),
    ['200', '200', '200', '401', '200']
  )
  const messages = site.arrived()
  t.equal(messages.length, 4)
  for (const message of messages.filter(({ target }) => target.startsWith('/open')))
    holdsIdentity(t, message, [], message.target)
  await site.control(t, 'a row of requests')
})

t.test('no authenticated route is forwarded without an identity', async (t) => {
  const site = await start(t, 'tokens: { claims: { team: user.team } }\nidentity: { headers: { X-Team: team } }')
  const bare = await site.send(request('GET /closed', shown(site.token), 'X-Team: forged', 'Connection: close'))
  t.equal(bare.status, 403, 'none of the claims that the upstream is told is in the token')
  t.match(JSON.parse(bare.body), { code: 'access_denied' })
  t.strictSame(site.arrived(), [])
  await site.control(t, 'an identity that says nothing')
  for (const team of ['', null, [], {}, [null], ['']]) {
    const token = resign(site.resources.keyring, site.token, { claims: { team } })
    const answer = await site.send(request('GET /closed', shown(token), 'Connection: close'))
    t.equal(answer.status, 403, `team ${JSON.stringify(team)}`)
  }
  t.strictSame(site.arrived(), [])
  const open = await site.send(request('GET /open', shown(site.token), 'X-Team: forged', 'Connection: close'))
  t.equal(open.status, 200, 'where anyone may ask, whoever has no such claim is nobody')
  t.notMatch(JSON.stringify(site.arrived()), /x-team/i)
})

t.test('a claim is one value of one field, whatever is in it', async (t) => {
  const site = await start(
    t,
    'tokens: { claims: { note: user.note } }\nidentity: { headers: { X-User-Id: sub, X-Note: note, X-User-Roles: roles } }'
  )
  for (const [note, said] of [
    ['a\r\nX-User-Roles: admin', 'a%0D%0AX-User-Roles: admin'],
    ['a\rX-User-Id: b', 'a%0DX-User-Id: b'],
    ['a\nX-User-Id: b', 'a%0AX-User-Id: b'],
    ['\0', '%00'],
    ['\u0085\u2028', '%C2%85%E2%80%A8'],
    [' a ', '%20a%20'],
    ['\ta', '%09a'],
    ['a\x7f', 'a%7F'],
    ['中', '%E4%B8%AD'],
    ['%41', '%2541'],
    [['a,b', 'c'], 'a%2Cb,c'],
    ['a, b', 'a, b']
  ] as const) {
    const token = resign(site.resources.keyring, site.token, { claims: { note } })
    const answer = await site.send(request('GET /closed', shown(token), 'x_note: forged', 'Connection: close'))
    const what = encodeURI(JSON.stringify(note))
    t.equal(answer.status, 200, what)
    const [message] = site.arrived()
    for (const reader of nameReaders) {
      t.strictSame(message === undefined ? null : valuesReadAs(message, reader, 'x-note'), [said], what)
      t.equal(message === undefined ? 0 : valuesReadAs(message, reader, 'x-user-id').length, 1, what)
    }
    await site.control(t, what)
  }
  for (const [roles, said] of [
    [['user,admin', 'user'], ['user']],
    [['user', 'admin ', ' admin', 'ad\rmin', 'admin\0', 'user'], ['user,user']],
    ['admin', []],
    ['user,admin', []],
    [{ 0: 'admin', length: 1 }, []],
    [{ admin: true }, []],
    [[['admin']], []],
    [[{ toString: 'admin' }], []],
    [null, []]
  ] as const) {
    const what = JSON.stringify(roles)
    const token = resign(site.resources.keyring, site.token, { claims: { roles } })
    t.equal(
      (await site.send(request('GET /admin/x', shown(token), 'Connection: close'))).status,
      403,
      `${what} is no admin`
    )
    t.strictSame(site.arrived(), [], what)
    t.equal((await site.send(request('GET /closed', shown(token), 'Connection: close'))).status, 200, what)
    const [message] = site.arrived()
    for (const reader of nameReaders)
      t.strictSame(message === undefined ? null : valuesReadAs(message, reader, 'x-user-roles'), said, what)
    await site.control(t, what)
  }
  const long = resign(site.resources.keyring, site.token, { claims: { note: 'é'.repeat(1_400) } })
  t.equal(
    (await site.send(request('GET /closed', shown(long), 'Connection: close'))).status,
    431,
    'too long is refused'
  )
  t.strictSame(site.arrived(), [], 'and nothing is cut')
  await site.control(t, 'a claim that does not fit')
})
