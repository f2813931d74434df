import fc from 'fast-check'
import t from 'tap'
import type { User } from '../../gateway/domain.js'
import {
  createAccessTokens,
  createKeyring,
  createRevocations,
  createTokenSizes,
  type KeySource
} from '../../gateway/tokens/index.js'
import { createSimpleJwtTokens } from '../../gateway/tokens/simplejwt/simplejwt-tokens.js'
import { createTokenKeys } from '../../gateway/tokens/simplejwt/token-keys.js'
import { makeKeyFolder } from './some-keys.js'

const attributeNames = ['a', 'b', 'c'] as const
const users = fc.record({
  username: fc.string({ unit: fc.constantFrom('a', '"', '\\', 'é'), minLength: 1, maxLength: 64 }),
  roles: fc.array(fc.string({ unit: fc.constantFrom('r', ':'), minLength: 1, maxLength: 64 }), { maxLength: 64 }),
  attributes: fc.record(
    Object.fromEntries(
      attributeNames.map((name) => [
        name,
        fc.oneof(fc.string({ maxLength: 1200 }), fc.double({ noNaN: true }), fc.boolean())
      ])
    ),
    { requiredKeys: [] }
  )
})
const shapes = fc.record({
  claims: fc.dictionary(
    fc.string({ unit: fc.constantFrom('n', 'é'), minLength: 1, maxLength: 60 }),
    fc.constantFrom(...attributeNames, 'username'),
    { maxKeys: 6 }
  ),
  audience: fc.array(fc.constantFrom('api', 'https://example.com/'), { minLength: 1, maxLength: 3 }),
  userId: fc.constantFrom('id', 'username', 'a')
})

t.test('how long a token becomes is told before it is made, a little too much and never too little', async (test) => {
  for (const algorithm of ['HS256', 'HS512', 'ES256', 'ES512', 'EdDSA', 'RS256', 'PS512'] as const) {
    const source: KeySource = algorithm.startsWith('HS')
      ? { kind: 'secret', secret: { reveal: () => 's'.repeat(64) } }
      : { kind: 'directory', path: makeKeyFolder(test) }
    const keyring = await createKeyring(source, algorithm)
    const revocations = createRevocations({ tokens: [], sessions: [], generations: [] })
    fc.assert(
      fc.property(users, shapes, (given, { claims, audience, userId }) => {
        const user: User = {
          id: crypto.randomUUID(),
          ...given,
          disabled: false,
          generation: 3,
          createdAt: 0,
          lastLoginAt: null
        } as User
        const tokens = { issuer: 'https://id.example', audience, claims, algorithm, accessMs: 60_000 }
        const compat = {
          ...{ issuer: tokens.issuer, audience, claims, userId, userIdClaim: 'user_id', tokenTypeClaim: 'token_type' },
          ...{ jtiClaim: 'jti', accessMs: 60_000, refreshMs: 60_000, leewayMs: 0, authTokens: ['access'] as const },
          sliding: { lifetimeMs: 60_000, refreshMs: 60_000, refreshExpClaim: 'refresh_exp' }
        }
        const { of, canExceed } = createTokenSizes({ tokens, simpleJwt: { ...compat, signingKey: null } })
        const bound = of(user)
        if (bound > 14_336) return canExceed
        const issued = createAccessTokens({ ...tokens, keyring, revocations, isCurrentClient: () => true })
        const made = createSimpleJwtTokens({ ...compat, revocations, keys: createTokenKeys(null, keyring) })
        const issuance = { user, sessionId: 's'.repeat(22), issuedAt: 1_800_000_000, expiresAt: 1_800_000_060 }
        const longest = Math.max(
          issued.issue(user, 's'.repeat(22), 9_000_000_000).token.length,
          made.issueAccess(issuance).length,
          made.issueRefresh('0'.repeat(64), issuance).length,
          made.issueSliding('0'.repeat(64), 1_800_000_060, issuance).length
        )
        return longest <= bound && bound < longest + 1000
      }),
      { interruptAfterTimeLimit: 700, numRuns: 60 }
    )
  }
  test.pass('no counterexample')
})

t.test('by settings as they usually are, nobody can have too long a token', async (test) => {
  const tokens = { issuer: 'https://api.example.com', audience: ['https://api.example.com'], accessMs: 1 }
  const claims = { full_name: 'full_name', email: 'email', department: 'department' }
  for (const algorithm of ['ES256', 'EdDSA', 'RS256', 'HS512'] as const) {
    test.equal(createTokenSizes({ tokens: { ...tokens, claims, algorithm }, simpleJwt: null }).canExceed, false)
    const twice = { ...claims, name: 'full_name' }
    test.equal(createTokenSizes({ tokens: { ...tokens, claims: twice, algorithm }, simpleJwt: null }).canExceed, true)
  }
})
