import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { type Answer, claimsOf } from './ask.js'
import type { Side } from './asking.js'
import { cases } from './cases.js'
import { intendedDifferences, OWN_CLAIMS } from './intended-differences.js'
import { startOriginal } from './original.js'

const SECRET = 'a secret that Django and the gateway share'
const USERS = ['ada', 'ivan']

/** The rest of SIMPLE_JWT is the same on both sides, in the words of each. */
const ORIGINAL = {
  SIGNING_KEY: SECRET,
  SLIDING_TOKEN_LIFETIME: 300,
  AUTH_TOKEN_CLASSES: ['rest_framework_simplejwt.tokens.AccessToken', 'rest_framework_simplejwt.tokens.SlidingToken']
}

const policy = (more: string) => `
users: { login: { per_account_and_network: 100000, per_network: 100000, per_account: 100000 } }
tokens: { refresh: { reuse_grace: 0s } }
compat: { simplejwt: { signing_key: { secret: "${SECRET}" }, user_id: user.key, auth_tokens: [access, sliding], ${more} } }
upstreams: { app: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: app }]
`

const isToken = (value: unknown): value is string =>
  typeof value === 'string' && /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value)

/** A token less what differs from one to the next: its kind, its claims, and how long it is good. */
function describeToken(token: string) {
  const { exp, iat: _, refresh_exp: until, jti, ...others } = claimsOf(token)
  const { alg, typ } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >
  const claims = Object.entries(others).filter(([name]) => !OWN_CLAIMS.has(name))
  // To the minute: the original counts what it makes of a refresh token from when that one was issued.
  const lives = [exp, until].map((time) =>
    typeof time === 'number' ? Math.round((time - Date.now() / 1000) / 60) * 60 : null
  )
  return { alg, typ, jti: typeof jti, lives, claims: Object.fromEntries(claims) }
}

const describe = (answer: Answer): Answer =>
  JSON.parse(JSON.stringify(answer), (_name, value) => (isToken(value) ? describeToken(value) : value)) as Answer

async function compare(t: Test, setting: 'rotating' | 'still', original: Side, ours: Side): Promise<void> {
  for (const one of cases) {
    const [expected, got] = [describe(await one.ask(original)), describe(await one.ask(ours))]
    const intended = intendedDifferences.find(({ name, only = setting }) => name === one.name && only === setting)
    if (intended === undefined) {
      t.strictSame(got, expected, one.name)
      continue
    }
    // Of an answer that is meant to differ it is said how; all else of it is the same.
    t.strictSame(got, { ...expected, ...intended.ours }, `${one.name}: ${intended.because}`)
    t.notSame(got, expected, `${one.name} differs, as the list says`)
  }
}

for (const setting of ['rotating', 'still'] as const) {
  t.test(`${setting}: every answer is that of the original, but for the listed ones`, async (t) => {
    const rotating = setting === 'rotating'
    const more = rotating ? { ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true } : {}
    const original = await startOriginal(t, { ...ORIGINAL, ...more }, USERS)
    const { url, gateway, addUser } = await startGateway(t, policy(`rotate: ${rotating}`))
    for (const username of USERS) await addUser({ username, attributes: { key: original.keys[username] ?? 0 } })
    await gateway.operatorUsers.setDisabled('ivan', true)
    await compare(t, setting, { url: original.url, secret: SECRET }, { url, secret: SECRET })
  })
}

t.test('the list names cases that there are', async (t) => {
  const names = new Set(cases.map(({ name }) => name))
  t.equal(names.size, cases.length)
  for (const { name } of intendedDifferences) t.ok(names.has(name), name)
})
