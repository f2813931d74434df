import t, { type Test } from 'tap'
import { bearer, settingsOf, startGateway, verdictOf } from '../helpers/gateway.js'
import { inquire, lineAt } from '../helpers/inquiry.js'
import { startUpstream } from '../helpers/upstream.js'

const policy = (url: string, rules: string, head = '') => `${head}tokens: { claims: { tenant: user.tenant } }
forward_auth: { mode: traefik, from: [127.0.0.1] }
upstreams:
  app: { url: "${url}" }
  two: { url: "http://127.0.0.1:1" }
rules:
${rules}`

const first = `  - { path: /open, allow: anyone, to: app }
  - { path: /moved, allow: anyone, to: app }
  - { path: /tenant, allow: authenticated, to: app }
  - { path: /own/x, allow: anyone, to: app }
  - { path: /api/**, allow: authenticated, to: app }
`
const next = `  - { path: /open, allow: anyone, to: app }
  - { path: /moved, allow: anyone, to: two }
  - { path: /tenant, allow: { claims: { tenant: acme } }, to: app }
  - { path: /api/admin, allow: { roles: [admin] }, to: app }
  - { path: /api/**, allow: authenticated, to: app }
`

async function start(t: Test) {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, policy(upstream.url, first), [
    { username: 'ann', roles: ['user'], attributes: { tenant: 'acme' } },
    { username: 'bob', roles: ['user'] }
  ])
  const shadow = settingsOf(policy('http://127.0.0.1:1', next, 'auth: { prefix: /own }\n'), '/tmp')
  return { gateway, shadow, upstream }
}

const counts = async ({ gateway }: Awaited<ReturnType<typeof start>>) => {
  const text = await gateway.resources.metrics.registry.metrics()
  const lines = [...text.matchAll(/^portcullis_shadow_decisions_total\{(.*)\} (\d+)$/gm)]
  return Object.fromEntries(
    lines.map(([, labels = '', number]) => [labels.replaceAll(/\w+="(\w+)"/g, '$1'), Number(number)])
  )
}

t.test('requests are answered as before; what the other policy would do otherwise is counted and logged', async (t) => {
  const started = await start(t)
  const { gateway, shadow, upstream } = started
  const tokens = { ann: (await gateway.login('ann')).access_token, bob: (await gateway.login('bob')).access_token }
  gateway.gateway.setShadow(shadow)
  const { revision } = shadow

  const table: readonly (readonly [who: keyof typeof tokens | null, path: string, answer: string, differs: unknown])[] =
    [
      [null, '/open', '200', undefined],
      [
        null,
        '/moved',
        '200',
        { revision, verdict: 'allow', rule: { index: 1, line: 9, path: '/moved' }, upstream: 'two' }
      ],
      ['ann', '/tenant', '200', undefined],
      [
        'bob',
        '/tenant',
        '200',
        { revision, verdict: 'deny', code: 'access_denied', rule: { index: 2, line: 10, path: '/tenant' } }
      ],
      [
        'bob',
        '/api/admin',
        '200',
        { revision, verdict: 'deny', code: 'access_denied', rule: { index: 3, line: 11, path: '/api/admin' } }
      ],
      [null, '/api/admin', '401 missing_token', undefined],
      [null, '/own/x', '200', { revision, verdict: 'own', rule: null }],
      [null, '/nowhere', '404 no_rule', undefined],
      [null, '/api%252Fx', '400 bad_path', undefined]
    ]
  for (const [who, path, answer, differs] of table) {
    const place = gateway.access.length
    const headers = who === null ? {} : bearer(tokens[who])
    t.equal(await verdictOf(await fetch(`${gateway.url}${path}`, { headers })), answer, path)
    const { shadow: logged } = await lineAt(gateway, place)
    t.strictSame(logged, differs, `${who} ${path}`)
  }
  t.strictSame(await counts(started), {
    'same,allow,allow': 2,
    'differs,allow,rerouted': 1,
    'differs,allow,access_denied': 2,
    'same,missing_token,missing_token': 1,
    'differs,allow,gateway': 1,
    'same,no_rule,no_rule': 1
  })
  t.equal(upstream.received.length, 6, 'the first policy alone forwards')
})

t.test(
  'inquiries are compared, our own endpoints are not, and a shadow that is gone costs and says nothing',
  async (t) => {
    const started = await start(t)
    const { gateway, shadow } = started
    const info = async () => (await gateway.resources.metrics.registry.metrics()).match(/^portcullis_shadow_info\{.*/gm)
    t.equal(await info(), null)
    gateway.gateway.setShadow(shadow)
    t.strictSame(await info(), [`portcullis_shadow_info{revision="${shadow.revision}"} 1`])
    await inquire(gateway.port, 'traefik', { uri: '/moved' })
    await fetch(`${gateway.url}/.well-known/jwks.json`)
    t.strictSame(await counts(started), { 'differs,allow,rerouted': 1 })
    gateway.gateway.setShadow(null)
    const place = gateway.access.length
    await fetch(`${gateway.url}/moved`)
    t.notOk('shadow' in (await lineAt(gateway, place)))
    t.strictSame(await counts(started), { 'differs,allow,rerouted': 1 })
    t.equal(await info(), null)
  }
)

t.test('a shadow that fails is told of, and the request goes on', async (t) => {
  const { gateway, shadow } = await start(t)
  // Stands for a defect of ours, as none is known: hosts that cannot be compared.
  const hosts = Object.assign(['example.com'], {
    includes() {
      throw new Error('a defect')
    }
  })
  gateway.gateway.setShadow({ ...shadow, auth: { prefix: '/own', hosts } })
  t.equal((await fetch(`${gateway.url}/open`)).status, 200)
  t.match(gateway.failures, [{ message: 'a defect' }])
})
