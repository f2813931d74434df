import t, { type Test } from 'tap'
import { fire, type Ground } from '../../gateway/attack/index.js'
import { startOwnGateway } from '../../gateway/cli/attack/own-gateway.js'
import { settingsOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

async function statusOf({ door, positions }: Ground, token: string | null): Promise<number | undefined> {
  const { host = '', path = '' } = positions['token-passes'] ?? {}
  const shown = token === null ? '' : `Authorization: Bearer ${token}\r\n`
  const { answers } = await fire(door, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${shown}Connection: close\r\n\r\n`)
  return answers[0]?.status
}

async function startOn(t: Test, yaml: string): Promise<Ground> {
  const directory = t.testdir()
  const { ground, close } = await startOwnGateway(settingsOf(yaml, directory), null)
  t.teardown(close)
  return ground
}

for (const algorithm of ['ES256', 'EdDSA', 'PS256', 'HS256']) {
  t.test(`${algorithm}: what the attack signs is accepted as long as nothing is wrong with it`, async (t) => {
    const secret = 'a secret that is long enough for HS256'
    const keys = algorithm === 'HS256' ? `, keys: { secret: "${secret}" }` : ''
    const ground = await startOn(t, site(NOWHERE, `tokens: { algorithm: ${algorithm}${keys} }`))
    const { genuine, sign, header, claims } = ground.forgery
    t.equal(await statusOf(ground, null), 401)
    t.equal(await statusOf(ground, genuine), 200)
    t.equal(await statusOf(ground, sign?.(JSON.stringify(header), JSON.stringify(claims)) ?? ''), 200)
    t.equal(await statusOf(ground, sign?.(JSON.stringify(header), '{}') ?? ''), 401)
  })
}

t.test('the places that are attacked are those of the rules', async (t) => {
  const { positions, open } = await startOn(
    t,
    `
auth: { prefix: /sign-in, hosts: [shop.test] }
upstreams: { web: { url: "${NOWHERE}" } }
rules:
  - { path: /, allow: nobody }
  - { path: /free/**, host: shop.test, methods: [POST], allow: anyone, to: web }
  - { path: "/mine/{id}", host: shop.test, allow: { claims: { sub: "{id}" } }, to: web }
  - { path: /area/deep/**, host: shop.test, allow: { all_roles: [one, two] }, to: web }
  - { path: /area/**, host: shop.test, allow: authenticated, to: web }
`
  )
  t.equal(open, '/free')
  t.match(positions, {
    'stranger-refused': {
      method: 'GET',
      host: 'shop.test',
      path: '/area/deep/attack',
      token: null,
      closedToAllMethods: true
    },
    'user-refused': { path: '/area/deep/attack' },
    'stranger-passes': { method: 'POST', host: 'shop.test', path: '/free/attack', token: null },
    'user-passes': { path: '/area/attack' },
    'token-passes': { path: '/area/deep/attack' },
    endpoint: { host: 'shop.test', path: '/sign-in/login' }
  })
})
