import fc from 'fast-check'
import t from 'tap'
import { post, startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

for (const algorithm of ['ES256', 'EdDSA'] as const) {
  t.test(`${algorithm}: a token with any octet changed, added or taken away does not hold`, async (t) => {
    const { login, url } = await startGateway(t, site(NOWHERE, `tokens: { algorithm: ${algorithm} }`), [
      { username: 'alice' }
    ])
    const { access_token } = await login('alice')
    const verify = async (token: string) => {
      const answer = await post(`${url}/auth/verify`, { token })
      await answer.text()
      return answer.status
    }
    t.equal(await verify(access_token), 200)
    const parts = access_token.split('.').map((part) => Buffer.from(part, 'base64url'))
    const place = fc.integer({ min: 0, max: access_token.length - 1 })
    const changed = fc.oneof(
      fc
        .tuple(place, fc.constantFrom(...'ABab019-_.=+/ %\n\0é'))
        .map(([at, other]) => access_token.slice(0, at) + other + access_token.slice(at + 1)),
      fc
        .tuple(place, fc.constantFrom('A', '.', '='))
        .map(([at, more]) => access_token.slice(0, at) + more + access_token.slice(at)),
      place.map((at) => access_token.slice(0, at) + access_token.slice(at + 1)),
      place.map((at) => access_token.slice(0, at)),
      fc.tuple(fc.nat(2), fc.nat(), fc.integer({ min: 0, max: 7 })).map(([which, at, bit]) => {
        const octets = parts.map((part) => Buffer.from(part))
        const part = octets[which] ?? Buffer.alloc(0)
        part[at % part.length] = (part[at % part.length] ?? 0) ^ (1 << bit)
        return octets.map((octet) => octet.toString('base64url')).join('.')
      })
    )
    await fc.assert(
      fc.asyncProperty(changed, async (token) => token === access_token || (await verify(token)) !== 200),
      { numRuns: 2_000, interruptAfterTimeLimit: 700 }
    )
    t.equal(await verify(access_token), 200, 'and the token itself still does')
  })
}
