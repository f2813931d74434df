import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { eventually } from '../helpers/eventually.js'
import { type Answer, createSigningKey, now, sign, startIssuer } from '../helpers/issuer.js'
import { startGatewayOf } from './gateway-of.js'

const claimsOf = (iss: string) => ({ iss, aud: 'api', sub: 'u', exp: now() + 300 })

t.test('unknown keys in any number cause one fetch', async (t) => {
  const known = await createSigningKey('known')
  const issuer = await startIssuer(t, [known])
  const { ask } = await startGatewayOf(t, issuer)
  t.match(await ask('/', await sign(known, claimsOf(issuer.issuer))), { status: 200 })
  t.equal(issuer.asked.length, 1)
  const tokens = await Promise.all(
    Array.from({ length: 100 }, (_, n) => sign({ ...known, kid: `unknown-${n}` }, claimsOf(issuer.issuer)))
  )
  const answers = await Promise.all(tokens.map((token) => ask('/', token)))
  t.ok(answers.every(({ status, code }) => status === 401 && code === 'invalid_token'))
  t.equal(issuer.asked.length, 2)
  for (const token of tokens.slice(0, 10)) t.match(await ask('/', token), { status: 401 })
  t.equal(issuer.asked.length, 2, 'nor do they after it')
  t.match(await ask('/', await sign(known, claimsOf(issuer.issuer))), { status: 200 })
})

t.test('a key that the issuer has made since is fetched when its first token comes', async (t) => {
  const [old, young] = [await createSigningKey('old'), await createSigningKey('young')]
  const issuer = await startIssuer(t, [old])
  const { ask } = await startGatewayOf(t, issuer)
  const token = await sign(old, claimsOf(issuer.issuer))
  t.match(await ask('/', token), { status: 200 })
  issuer.keys = [young.jwk]
  const tokens = await Promise.all(Array.from({ length: 20 }, () => sign(young, claimsOf(issuer.issuer))))
  const answers = await Promise.all(tokens.map((one) => ask('/', one)))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(issuer.asked.length, 2, 'they share one fetch')
  t.match(await ask('/', token), { status: 401, code: 'invalid_token' }, 'a token remembered ends with its key')
})

t.test('an issuer that is away does not stop the start, and says 503 where only its keys could tell', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  issuer.away = true
  const { ask, login, gateway, failures, resources } = await startGatewayOf(t, issuer)
  const token = await sign(key, claimsOf(issuer.issuer))
  const refused = await ask('/', token)
  t.match(refused, { status: 503, code: 'issuer_unavailable' })
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
  t.equal(refused.headers.get('www-authenticate'), null)
  t.match(await ask('/open', token), { status: 200 }, 'where anyone may pass, nobody passes')
  t.match(await ask('/', (await login('alice')).access_token), { status: 200 }, 'our own tokens do not need it')
  t.match(await gateway.readReadiness(), { ready: true, details: { issuers_without_keys: ['corp'] } })
  t.ok(failures.length > 0)
  t.match(
    await resources.metrics.registry.metrics(),
    /issuer_key_fetches_total\{issuer="corp",result="unreachable"\} \d/
  )

  issuer.away = false
  await eventually(async () => (await ask('/', token)).status === 200, 'the gateway found its keys by itself')
  t.notMatch((await gateway.readReadiness()).details, { issuers_without_keys: ['corp'] })
  t.match(await resources.metrics.registry.metrics(), /issuer_key_fetches_total\{issuer="corp",result="success"\} 1/)
})

t.test('keys go on while the issuer is away, and a reload keeps them', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { ask, reload, yaml } = await startGatewayOf(t, issuer)
  const token = await sign(key, claimsOf(issuer.issuer))
  t.match(await ask('/', token), { status: 200 })
  issuer.away = true
  t.match(await ask('/', await sign(key, claimsOf(issuer.issuer))), { status: 200 })
  const young = await sign({ ...key, kid: 'x' }, claimsOf(issuer.issuer))
  const [head, payload] = token.split('.')
  for (const _ of [1, 2]) {
    t.match(await ask('/', young), { status: 503, code: 'issuer_unavailable' }, 'it may have made this key since')
    const forged = `${head}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`
    t.match(await ask('/', forged), { status: 401, code: 'invalid_token' }, 'what a known key refuses is refused')
  }

  reload(yaml.replace('requests: 2', 'requests: 3'))
  t.match(await ask('/', token), { status: 200 })
  t.equal(issuer.asked.length, 1)
  reload(yaml.replace('audience: [api]', 'audience: [other]'))
  t.match(await ask('/', token), { status: 401 }, 'what was remembered is judged by the settings of now')
  reload(
    yaml.replace('corp:', 'partner:').replace(issuer.issuer, 'http://partner.example').replaceAll('[corp]', '[self]')
  )
  t.match(await ask('/', token), { status: 401, code: 'invalid_token' }, 'an issuer that is taken out is a stranger')
  reload(yaml)
  t.match(await ask('/', token), { status: 503 }, 'and brings no keys when it comes back')
})

t.test('a token remembered ends when it expires', async (t) => {
  const clock = freezeClock(t)
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { ask } = await startGatewayOf(t, issuer, `jwks_url: "${issuer.jwksUrl}", leeway: 0s`)
  t.match(await ask('/', await sign(key, claimsOf(issuer.issuer))), { status: 200 })
  const token = await sign(key, { ...claimsOf(issuer.issuer), exp: clock.seconds() + 0.7 })
  t.match(await ask('/', token), { status: 200 })
  clock.advance(0.6)
  t.match(await ask('/', token), { status: 200 })
  clock.advance(0.1)
  t.match(await ask('/', token), { status: 401, code: 'expired_token' })
})

const long: Answer = (_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.write('{"keys":[],"padding":"')
  const more = () => {
    if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more))
  }
  more()
}

const cutOff: Answer = (request, response) => {
  response.writeHead(200, { 'content-length': 999 }).write('{"keys":[]')
  setTimeout(() => request.socket.destroy(), 20)
}

t.test('an answer that is no key set leaves no keys, and names its fault', async (t) => {
  const key = await createSigningKey('k')
  const elsewhere = await startIssuer(t, [key])
  const table: [string, string, Answer][] = [
    ['garbage', 'malformed', (_, response) => response.end('<html>')],
    ['a list', 'malformed', (_, response) => response.end(JSON.stringify([key.jwk]))],
    ['keys that are no list', 'malformed', (_, response) => response.end(JSON.stringify({ keys: { 0: key.jwk } }))],
    ['keys twice', 'malformed', (_, response) => response.end(`{"keys":[],"keys":[${JSON.stringify(key.jwk)}]}`)],
    ['an error', 'refused', (_, response) => response.writeHead(500).end(JSON.stringify({ keys: [key.jwk] }))],
    ['a redirect', 'refused', (_, response) => response.writeHead(302, { location: elsewhere.jwksUrl }).end()],
    ['without end', 'too_large', long],
    ['cut off', 'unreachable', cutOff]
  ]
  for (const [name, result, answer] of table) {
    const issuer = await startIssuer(t)
    issuer.answer = answer
    const { ask, resources } = await startGatewayOf(t, issuer)
    t.match(await ask('/', await sign(key, claimsOf(issuer.issuer))), { status: 503, code: 'issuer_unavailable' }, name)
    const metrics = await resources.metrics.registry.metrics()
    t.match(metrics, new RegExp(`fetches_total\\{issuer="corp",result="${result}"\\}`), name)
  }
  t.strictSame(elsewhere.asked, [], 'no redirect is followed')
})

t.test('keys are found by the discovery document, if it is that of the issuer', async (t) => {
  const key = await createSigningKey('k')
  const issuer = await startIssuer(t, [key])
  const { ask } = await startGatewayOf(t, issuer, '')
  t.match(await ask('/', await sign(key, claimsOf(issuer.issuer))), { status: 200 })
  t.strictSame(issuer.asked, ['/.well-known/openid-configuration', '/keys'])

  const other = await startIssuer(t, [key])
  const { yaml, ask: askOther, reload } = await startGatewayOf(t, other, '')
  t.match(await askOther('/', await sign(key, claimsOf(other.issuer))), { status: 200 })
  const slashed = `${other.issuer}/`
  reload(yaml.replace(other.issuer, slashed))
  t.match(await askOther('/', await sign(key, claimsOf(slashed))), { status: 503 }, 'a slash makes another issuer')
})
