import t, { type Test } from 'tap'
import { freePort } from '../helpers/command.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { ask, claimsOf, json } from './ask.js'
import { obtain } from './asking.js'
import { startOriginal } from './original.js'

const SECRET = 'a secret that Django and the gateway share'

interface Shared {
  readonly name: string
  /** What the gateway's file says, and what Django's settings do. */
  readonly ours: string
  readonly theirs: (gateway: string) => Record<string, unknown>
}

const ways: readonly Shared[] = [
  {
    name: 'the same secret',
    ours: `signing_key: { secret: "${SECRET}" }`,
    theirs: () => ({ SIGNING_KEY: SECRET })
  },
  {
    name: 'the same secret, an issuer and an audience',
    ours: `signing_key: { secret: "${SECRET}" }, issuer: https://id.example, audience: [api, more], user_id_claim: sub`,
    theirs: () => ({ SIGNING_KEY: SECRET, ISSUER: 'https://id.example', AUDIENCE: 'api', USER_ID_CLAIM: 'sub' })
  },
  {
    name: 'the same secret, an issuer and an audience that are no URLs',
    ours: `signing_key: { secret: "${SECRET}" }, issuer: my shop, audience: the api`,
    theirs: () => ({ SIGNING_KEY: SECRET, ISSUER: 'my shop', AUDIENCE: 'the api' })
  },
  {
    name: 'the key set of the gateway',
    ours: 'rotate: true, token_type_claim: kind, jti_claim: id',
    theirs: (gateway) => ({
      ALGORITHM: 'ES256',
      SIGNING_KEY: '',
      JWK_URL: `${gateway}/.well-known/jwks.json`,
      TOKEN_TYPE_CLAIM: 'kind',
      JTI_CLAIM: 'id'
    })
  }
]

const policy = (port: number, ours: string) => `
tokens: { claims: { full_name: user.full_name } }
compat: { simplejwt: { user_id: user.key, ${ours} } }
upstreams: { site: { url: "http://127.0.0.1:${port}", forward_authorization: true } }
rules: [{ path: /api/**, allow: authenticated, to: site }]
`

async function startBoth(t: Test, { ours, theirs }: Shared) {
  const port = await freePort()
  const gateway = await startGateway(t, policy(port, ours))
  const original = await startOriginal(t, theirs(gateway.url), ['ada', 'ivan'], port)
  await gateway.addUser({ username: 'ada', attributes: { key: original.keys.ada ?? 0, full_name: 'Ada Lovelace' } })
  return { gateway, original }
}

for (const shared of ways) {
  t.test(`a Django site with ${shared.name} accepts the tokens as it accepts its own`, async (t) => {
    const { gateway, original } = await startBoth(t, shared)
    const side = { url: gateway.url, secret: SECRET }
    const { access, refresh } = await obtain(side)
    const { sub, user_id: named = sub } = claimsOf(access)
    // RFC 7519 §4.1.2: only as `sub` it has to be a text.
    t.strictSame(named, shared.ours.includes('user_id_claim: sub') ? String(original.keys.ada) : original.keys.ada)
    for (const [path, id] of [
      ['/api/me', original.keys.ada],
      ['/api/stateless', named]
    ] as const) {
      const response = await fetch(`${gateway.url}${path}`, { headers: bearer(access) })
      t.equal(response.status, 200, path)
      t.strictSame(await response.json(), { id, name: 'ada', header: true }, path)
    }
    t.equal((await fetch(`${original.url}/api/me`, { headers: bearer(access) })).status, 200, 'with nobody between')
    const renewed = (await ask(gateway.url, json('/api/token/refresh/', { refresh }))).body as { access: string }
    t.equal((await fetch(`${gateway.url}/api/me`, { headers: bearer(renewed.access) })).status, 200, 'a refreshed one')
    t.equal((await fetch(`${gateway.url}/api/me`, { headers: bearer(refresh) })).status, 401, 'no refresh token')
    t.equal((await fetch(`${original.url}/api/me`, { headers: bearer(refresh) })).status, 401, 'nor there')
  })
}
