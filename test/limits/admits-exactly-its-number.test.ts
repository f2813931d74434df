import t from 'tap'
import { freezeClock } from '../helpers/clock.js'
import { bearer, startGateway, type TestGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'

const site = (upstream: string, settings: string, rules = '') => `
${settings}
upstreams: { web: { url: "${upstream}" } }
rules:
${rules}
  - { path: /free/**, allow: anyone, to: web, limit: none }
  - { path: /open/**, allow: anyone, to: web }
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /**, allow: authenticated, to: web }
`
const PER_USER = 'limits: { per_user: { by: user, requests: 100, window: 10m } }\ndefault_limits: [per_user]'
const PER_IP =
  'trusted_proxies: [127.0.0.1]\nlimits: { per_ip: { by: ip, requests: 3, window: 1m } }\ndefault_limits: [per_ip]'

const get = ({ url }: TestGateway, path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers })
const times = <T>(number: number, make: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: number }, (_, i) => make(i)))
const count = (responses: readonly Response[], status: number) =>
  responses.filter((response) => response.status === status).length
/** Statuses of requests one after the other. */
async function statuses(number: number, make: () => Promise<Response>): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < number; i += 1) seen.push((await make()).status)
  return seen
}

t.test('of 150 requests at once of one user exactly 100 pass', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url, PER_USER), [{ username: 'alice' }, { username: 'bob' }])
  const sessions = [await gateway.login('alice'), await gateway.login('alice')]
  const responses = await times(150, (i) => get(gateway, `/page/${i}`, bearer(sessions[i % 2]?.access_token ?? '')))
  t.equal(count(responses, 200), 100)
  t.equal(count(responses, 429), 50)
  t.equal(upstream.received.length, 100, 'a refused one is not forwarded')
  const bob = await gateway.login('bob')
  t.equal((await get(gateway, '/page', bearer(bob.access_token))).status, 200, 'another user is another bucket')
  t.equal((await get(gateway, '/open/x')).status, 200, 'and so is a stranger')
  t.equal((await get(gateway, '/free/x', bearer(sessions[0]?.access_token ?? ''))).status, 200, 'limit: none')
})

t.test('answers say what is left, refusals when to come back', async (t) => {
  const clock = freezeClock(t)
  const upstream = await startUpstream(t)
  const settings =
    'limits: { few: { by: user, requests: 2, window: 10m }, ip: { by: ip, requests: 9, window: 1s } }\ndefault_limits: [few, ip]'
  const gateway = await startGateway(t, site(upstream.url, settings), [{ username: 'alice' }])
  const { access_token } = await gateway.login('alice')
  const shown = async (path: string, headers = bearer(access_token)) => {
    const response = await get(gateway, path, headers)
    const { status, headers: fields } = response
    await response.text()
    return [status, fields.get('ratelimit-policy'), fields.get('ratelimit'), fields.get('retry-after')]
  }
  const policy = '"ip";q=9;w=1, "few";q=2;w=600'
  t.same(await shown('/page'), [200, policy, '"ip";r=8;t=1, "few";r=1;t=600', null])
  t.same(
    await shown('/admin/x'),
    [403, '"ip";q=9;w=1', '"ip";r=7;t=1', null],
    'limits by user come after authorisation'
  )
  t.same(await shown('/page', bearer('x')), [401, '"ip";q=9;w=1', '"ip";r=6;t=1', null])
  clock.advance(0.5)
  t.same(await shown('/page'), [200, policy, '"ip";r=5;t=1, "few";r=0;t=600', null])
  t.same(await shown('/page'), [429, policy, '"ip";r=4;t=1, "few";r=0;t=600', '600'])
  clock.advance(599.5)
  t.same(await shown('/page'), [200, policy, '"ip";r=8;t=1, "few";r=1;t=600', null], 'a new window')
  t.same(await shown('/free/x'), [200, null, null, null], 'no limit, no field')
  const body = await (await get(gateway, '/page', bearer(access_token))).text()
  const refused = await (await get(gateway, '/page', bearer(access_token))).json()
  t.match(body, 'GET')
  t.match(refused, {
    status: 429,
    code: 'rate_limited',
    detail: 'The limit is 2 requests in 600 seconds.',
    decision_id: String
  })
})

t.test('a window ends on time, and refused requests do not lengthen it', async (t) => {
  const clock = freezeClock(t)
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url, PER_IP))
  t.same(await statuses(5, () => get(gateway, '/open/x')), [200, 200, 200, 429, 429])
  clock.advance(59)
  const refused = await get(gateway, '/open/x')
  t.equal(refused.status, 429)
  t.equal(refused.headers.get('retry-after'), '1')
  clock.advance(1)
  t.same(await statuses(4, () => get(gateway, '/open/x')), [200, 200, 200, 429])
})

t.test('addresses are told apart as trusted proxies tell them, IPv6 by /64', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, site(upstream.url, PER_IP))
  const from = (address: string) => get(gateway, '/open/x', { 'x-forwarded-for': address })
  t.same(await statuses(4, () => from('192.0.2.1')), [200, 200, 200, 429])
  t.same(await statuses(1, () => from('192.0.2.2')), [200])
  t.same(await statuses(1, () => from('192.0.2.2, 192.0.2.1')), [429], 'what stands before the client is its own word')
  t.same(await statuses(1, () => from('::ffff:192.0.2.1')), [429], 'a mapped address is the address')
  for (const address of ['2001:db8::1', '2001:DB8:0:0:ffff::', '2001:db8::2'])
    t.same(await statuses(1, () => from(address)), [200])
  t.same(await statuses(1, () => from('2001:db8:0:0:1:2:3:4')), [429], 'the same /64')
  t.same(await statuses(1, () => from('2001:db8:0:1::1')), [200], 'another /64')
})

t.test('a token bucket admits a burst and then its rate', async (t) => {
  const clock = freezeClock(t)
  const upstream = await startUpstream(t)
  const settings =
    'limits: { burst: { by: ip, requests: 4, window: 8s, algorithm: token_bucket } }\ndefault_limits: [burst]'
  const gateway = await startGateway(t, site(upstream.url, settings))
  const open = () => get(gateway, '/open/x')
  t.same(await statuses(5, open), [200, 200, 200, 200, 429])
  t.equal((await open()).headers.get('retry-after'), '2')
  clock.advance(1.5)
  t.same(await statuses(1, open), [429])
  clock.advance(0.5)
  t.same(await statuses(2, open), [200, 429])
  clock.advance(3600)
  t.same(await statuses(5, open), [200, 200, 200, 200, 429], 'never more than a bucketful')
})

t.test('a named limit is one bucket over its rules, and a rule may name several', async (t) => {
  const upstream = await startUpstream(t)
  const settings = `limits:
  shared: { by: ip, requests: 4, window: 1m }
  small: { by: ip, requests: 1, window: 1m }
default_limits: [shared]`
  const rules = '  - { path: /both/**, allow: anyone, to: web, limit: [shared, small] }'
  const gateway = await startGateway(t, site(upstream.url, settings, rules))
  t.same(await statuses(1, () => get(gateway, '/both/x')), [200])
  const refused = await get(gateway, '/both/x')
  t.equal(refused.status, 429)
  t.match(refused.headers.get('ratelimit'), /^"shared";r=2;t=\d+, "small";r=0;t=\d+$/)
  t.same(await statuses(3, () => get(gateway, '/open/x')), [200, 200, 429], 'two were taken under the other rule')
  t.same(await statuses(1, () => get(gateway, '/page')), [429], 'limits by ip come before authentication')
})

t.test('a stranger under a limit by user is counted by address', async (t) => {
  const upstream = await startUpstream(t)
  const settings =
    'trusted_proxies: [127.0.0.1]\nlimits: { few: { by: user, requests: 2, window: 1m } }\ndefault_limits: [few]'
  const gateway = await startGateway(t, site(upstream.url, settings), [{ username: 'alice' }])
  const { access_token } = await gateway.login('alice')
  t.same(await statuses(3, () => get(gateway, '/open/x')), [200, 200, 429])
  t.same(await statuses(1, () => get(gateway, '/open/x', bearer('bad'))), [429], 'a bad token is nobody')
  t.same(await statuses(1, () => get(gateway, '/open/x', { 'x-forwarded-for': '192.0.2.1' })), [200])
  t.same(await statuses(3, () => get(gateway, '/open/x', bearer(access_token))), [200, 200, 429])
  const ip = { ...bearer(access_token), 'x-forwarded-for': '192.0.2.9' }
  t.same(await statuses(1, () => get(gateway, '/open/x', ip)), [429], 'a user is a user from everywhere')
  t.same(
    await statuses(3, () => get(gateway, '/page')),
    [401, 401, 401],
    'what is refused for other reasons is not counted by user'
  )
})
