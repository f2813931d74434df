import t from 'tap'
import type { RememberedRequest } from '../../gateway/evidence.js'
import { type Explanation, explainPaper } from '../../gateway/on-paper/explanation.js'
import { explainPast, pastOf } from '../../gateway/on-paper/past-explanation.js'
import { eventually } from '../helpers/eventually.js'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { rawGet, sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'

const site = (upstream: string) => `
tokens: { claims: { team: user.team } }
identity: { headers: { X-User-Id: sub, X-User-Name: username, X-User-Roles: roles, X-Team: team } }
limits: { few: { by: user, requests: 2, window: 10m }, ips: { by: ip, requests: 1, window: 10m } }
upstreams: { web: { url: "${upstream}", strip_prefix: /api } }
rules:
  - { path: /api/admin/**, allow: { roles: [admin] }, to: web }
  - { path: "/api/team/{team}/**", allow: { claims: { team: "{team}" } }, to: web }
  - { path: /api/scoped/**, allow: { scopes: [read, write] }, to: web }
  - { path: /api/posts, methods: [POST], allow: nobody }
  - { path: /api/posts, allow: authenticated, to: web }
  - { path: /api/few/**, allow: authenticated, to: web, limit: few }
  - { path: /api/ips/**, allow: authenticated, to: web, limit: ips }
  - { path: /api/local/**, allow: { networks: [127.0.0.0/8] }, to: web }
  - { path: /api/far/**, allow: [{ networks: [10.0.0.0/8] }], to: web }
  - { host: other.test, path: /host/**, allow: anyone, to: web }
  - { path: /api/**, allow: authenticated, to: web }
`

const paths = [
  '/api/admin/x',
  '/api/Admin/x',
  '/api/%61dmin/x',
  '/api/team/red/x?q=1',
  '/api/team/blue',
  '/api/scoped',
  '/api/posts',
  '/api/local/a',
  '/api/far/a',
  '/host/a',
  '/api/../x',
  '/api/a%2Fb',
  '/api/a%2525',
  '/AUTH/login',
  '/api',
  '/nothing'
]

/** The status that a client sees, and the code; of what is forwarded or our own to answer, no status. */
const inOneWord = ({ verdict }: Explanation) =>
  verdict.code === null ? verdict.kind : `${verdict.status} ${verdict.code}`

async function ask(
  { port }: TestGateway,
  path: string,
  token: string | null
): Promise<{ word: string; id: string | null }> {
  const lines = token === null ? [] : [`Authorization: Bearer ${token}`]
  const { status, body } = await sendRaw(port, rawGet(path, ...lines, 'Connection: close'))
  if (status < 300) return { word: 'allow', id: null }
  const problem = JSON.parse(body) as { code: string; decision_id?: string; request_id: string }
  return { word: `${status} ${problem.code}`, id: problem.decision_id ?? problem.request_id }
}

/** What the gateway remembers, as it comes out of the operator's socket. */
async function recall({ gateway }: TestGateway, id: string): Promise<RememberedRequest> {
  await eventually(() => gateway.operatorEvidence.recall(id) !== null, 'the request is remembered')
  return JSON.parse(JSON.stringify(gateway.operatorEvidence.recall(id))) as RememberedRequest
}

t.test('what is explained on paper, and afterwards, is what the gateway answers', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url), [
    { username: 'ann', roles: ['admin'] },
    { username: 'bob', roles: ['user'], attributes: { team: 'red' } }
  ])
  const seen = new Set<string>()
  for (const name of [null, 'ann', 'bob', 'expired'] as const) {
    const token = name === null ? null : name === 'expired' ? 'nonsense' : (await gateway.login(name)).access_token
    const { operatorPrincipals } = gateway.gateway
    const authentication = token === null ? { kind: 'anonymous' as const } : await operatorPrincipals.ofToken(token)
    for (const path of paths) {
      upstream.received.length = 0
      const { word, id } = await ask(gateway, path, token)
      const paper = { method: 'GET', target: path, authority: 'gateway.test', address: '127.0.0.1', authentication }
      const explained = explainPaper(gateway.settings, paper)
      const label = `${path} of ${name ?? 'nobody'}`
      t.equal(inOneWord(explained), word, label)
      seen.add(word)
      if (word === 'allow') {
        const { url, headers } = upstream.last()
        t.equal(explained.upstream?.url, `${upstream.url}${url}`, `${label}: where it went`)
        const told = ['x-user-id', 'x-user-name', 'x-user-roles', 'x-team'].filter(
          (field) => headers[field] !== undefined
        )
        t.same(
          explained.identity.map((field) => [field.name.toLowerCase(), field.value]),
          told.map((field) => [field, headers[field]]),
          `${label}: what was told`
        )
      }
      if (id !== null) {
        const { by, explanation } = explainPast(gateway.settings, pastOf(await recall(gateway, id)))
        t.equal(`${by} ${inOneWord(explanation)}`, `file ${word}`, `${label}, afterwards`)
        t.same(explanation.rule, explained.rule, `${label}: the rule`)
        t.same(explanation.allow, explained.allow, `${label}: its conditions`)
      }
    }
  }
  for (const word of [
    'allow',
    '400 bad_path',
    '401 missing_token',
    '401 invalid_token',
    '403 access_denied',
    '404 no_rule'
  ])
    t.ok(seen.has(word), word)
  t.ok(seen.has('403 insufficient_scope'))
})

t.test('a user is explained as their token is', async (t) => {
  const upstream = await startUpstream(t)
  const user = { username: 'bob', roles: ['user', 'ops'], attributes: { team: 'red' } }
  const { gateway, settings, login } = await startGateway(t, site(upstream.url), [user])
  const byToken = await gateway.operatorPrincipals.ofToken((await login('bob')).access_token)
  const byName = await gateway.operatorPrincipals.ofUser('bob')
  const request = { method: 'GET', target: '/api/team/red', authority: 'gateway.test', address: '127.0.0.1' }
  const explain = (authentication: typeof byName) => {
    const { authentication: _, ...explained } = explainPaper(settings, { ...request, authentication })
    return explained
  }
  t.same(explain(byName), explain(byToken))
  t.equal(explain(byName).verdict.kind, 'allow')
  await gateway.operatorUsers.setDisabled('bob', true)
  t.same(await gateway.operatorPrincipals.ofUser('bob'), { kind: 'bad', because: 'revoked_token' })
  await t.rejects(gateway.operatorPrincipals.ofUser('carl'), { message: 'There is no user "carl".' })
})

t.test('a refusal of a limit is explained by that limit', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url), [{ username: 'bob' }])
  const { access_token: token } = await gateway.login('bob')
  for (const [path, passes, name] of [
    ['/api/few/a', 2, 'few'],
    ['/api/ips/a', 1, 'ips']
  ] as const) {
    for (let i = 0; i < passes; i += 1) t.equal((await ask(gateway, path, token)).word, 'allow')
    const { word, id } = await ask(gateway, path, token)
    t.equal(word, '429 rate_limited')
    const { explanation } = explainPast(gateway.settings, pastOf(await recall(gateway, id ?? '')))
    t.match(explanation, { verdict: { kind: 'limit', status: 429 }, upstream: null })
    t.match(explanation.limits, [{ name, state: { remaining: 0, exceeded: true } }])
  }
})

t.test('after a reload the rule of then explains, and not the one of now', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url), [{ username: 'bob', roles: ['user'] }])
  const { access_token: token } = await gateway.login('bob')
  const { id } = await ask(gateway, '/api/admin/x', token)
  const changed = site(upstream.url).replace('roles: [admin]', 'roles: [user]')
  gateway.reload(changed)
  t.equal((await ask(gateway, '/api/admin/x', token)).word, 'allow')
  const remembered = await recall(gateway, id ?? '')
  const now = { ...gateway.settings, revision: gateway.gateway.operatorEvidence.serving().revision }
  t.not(now.revision, remembered.revision)
  const { by, explanation } = explainPast(now, pastOf(remembered))
  t.equal(by, 'rule')
  t.match(explanation, { revision: remembered.revision, passedOver: null, verdict: { code: 'access_denied' } })
  t.match(explanation.allow?.alternatives, [[{ entry: 'roles', expected: [{ value: 'admin' }], holds: false }]])
})
