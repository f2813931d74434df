import type { Test } from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import type { Case, Side } from './asking.js'
import { describe } from './describe.js'
import { intendedDifferences } from './intended-differences.js'
import { startOriginal } from './original.js'

const SECRET = 'a secret that Django and the gateway share'
/** Some are called as a number may be written. */
const USERS = ['ada', 'ivan', '7', '7.0', '12345678901234567890', 'zoë']

/** The rest of SIMPLE_JWT is the same on both sides, in the words of each. */
const ORIGINAL = {
  SIGNING_KEY: SECRET,
  SLIDING_TOKEN_LIFETIME: 300,
  AUTH_TOKEN_CLASSES: ['rest_framework_simplejwt.tokens.AccessToken', 'rest_framework_simplejwt.tokens.SlidingToken']
}

const lifetimes = (seconds: number) => ({
  ACCESS_TOKEN_LIFETIME: seconds,
  REFRESH_TOKEN_LIFETIME: seconds,
  SLIDING_TOKEN_LIFETIME: seconds,
  SLIDING_TOKEN_REFRESH_LIFETIME: seconds
})
const AUDIENCES = ['one', 'two']

/** What the settings of a comparison say beside what all have: those of the original, and ours in its words. */
const SETTINGS = {
  rotating: { theirs: { ROTATE_REFRESH_TOKENS: true, BLACKLIST_AFTER_ROTATION: true }, ours: 'rotate: true' },
  still: { theirs: {}, ours: 'rotate: false' },
  lenient: {
    theirs: { ...lifetimes(2), LEEWAY: 20, AUDIENCE: AUDIENCES, ISSUER: 'me', AUTH_HEADER_TYPES: ['JWT'] },
    ours: `access: 2s, refresh: 2s, sliding: { lifetime: 2s, refresh: 2s }, leeway: 20s,
      audience: [${AUDIENCES}], issuer: me, auth_header_types: [JWT]`
  },
  brief: {
    theirs: {
      ...lifetimes(2),
      SLIDING_TOKEN_LIFETIME: 120,
      ROTATE_REFRESH_TOKENS: true,
      BLACKLIST_AFTER_ROTATION: true
    },
    ours: 'access: 2s, refresh: 2s, sliding: { lifetime: 2m, refresh: 2s }, rotate: true'
  }
} as const

export type Setting = keyof typeof SETTINGS

const policy = (upstream: string, more: string) => `
users: { login: { per_account_and_network: 100000, per_network: 100000, per_account: 100000 } }
tokens: { refresh: { reuse_grace: 0s } }
compat: { simplejwt: { signing_key: { secret: "${SECRET}" }, user_id: user.key, auth_tokens: [access, sliding], ${more} } }
upstreams: { app: { url: "${upstream}" } }
rules: [{ path: /**, allow: authenticated, to: app }]
`

async function startBoth(t: Test, setting: Setting) {
  const { theirs, ours } = SETTINGS[setting]
  const original = await startOriginal(t, { ...ORIGINAL, ...theirs }, USERS)
  const upstream = await startUpstream(t)
  const { url, gateway, addUser, failures } = await startGateway(t, policy(upstream.url, ours))
  for (const username of USERS) await addUser({ username, attributes: { key: original.keys[username] ?? 0 } })
  await gateway.operatorUsers.setDisabled('ivan', true)
  const sideAt = (at: string): Side => ({ url: at, secret: SECRET })
  return { original: sideAt(original.url), ours: sideAt(url), failures }
}

/** Asks Django and the gateway the same, and holds their answers to one another and to the list of differences. */
export async function compareBoth(t: Test, setting: Setting, cases: readonly Case[]): Promise<void> {
  const { original, ours, failures } = await startBoth(t, setting)
  for (const one of cases) {
    const [expected, got] = (await Promise.all([one.ask(original), one.ask(ours)])).map(describe)
    const intended = intendedDifferences.find(({ name, only = setting }) => name === one.name && only === setting)
    if (intended === undefined) {
      t.strictSame(got, expected, one.name)
      continue
    }
    // Of an answer that is meant to differ it is said how; all else of it is the same.
    t.strictSame(got, { ...expected, ...intended.ours }, `${one.name}: ${intended.because}`)
    t.notSame(got, expected, `${one.name} differs, as the list says`)
  }
  t.strictSame(failures, [], 'nothing of it is a failure of ours')
}
