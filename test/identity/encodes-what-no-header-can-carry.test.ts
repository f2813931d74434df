import fc from 'fast-check'
import t from 'tap'
import type { Principal } from '../../gateway/domain.js'
import { createIdentityFields } from '../../gateway/identity/index.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { startRecorder } from '../helpers/recorder.js'

const principal = (claims: Record<string, unknown>): Principal => ({
  subject: 'u1',
  issuer: 'self',
  username: 'alice',
  roles: [],
  scopes: [],
  clientId: null,
  sessionId: null,
  tokenId: null,
  generation: null,
  expiresAt: 0,
  claims
})

const field = (claim: unknown) => createIdentityFields({ 'X-Claim': 'claim' })(principal({ claim }))[1]

t.test('a claim is said in visible ASCII, and can be read back', async (t) => {
  for (const [claim, said] of [
    ['plain', 'plain'],
    ['Doe, John', 'Doe, John'],
    ['Zoë', 'Zo%C3%AB'],
    ['李', '%E6%9D%8E'],
    ['100%', '100%25'],
    ['a\r\nX-User-Roles: admin', 'a%0D%0AX-User-Roles: admin'],
    ['\0', '%00'],
    ['\t', '%09'],
    [' a ', '%20a%20'],
    ['a b', 'a b'],
    [7, '7'],
    [false, 'false'],
    [['a', 'b'], 'a,b'],
    [['a,b', 'c'], 'a%2Cb,c'],
    [['a%2Cb'], 'a%252Cb'],
    ['', undefined],
    [[], undefined],
    [null, undefined],
    [{ a: 'ü,' }, '{"a":"%C3%BC,"}'],
    [[{ a: [1, 2] }, [3, 4]], '{"a":[1%2C2]},[3%2C4]']
  ] as const)
    t.equal(field(claim), said, JSON.stringify(claim))
  t.equal(createIdentityFields({ X: 'constructor' })(principal({})).length, 0, 'only own claims count')
})

t.test('whatever the claim, the field is one line, unblank at its ends, and reversible', async () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(text, (claim) => {
      const said = field(claim) ?? ''
      return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(said) && decodeURIComponent(said) === claim
    }),
    { interruptAfterTimeLimit: 1_000 }
  )
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (claim) => {
      const said = (field(claim) ?? '').split(',').map(decodeURIComponent)
      return said.length === claim.length && said.every((item, at) => item === claim[at])
    }),
    { interruptAfterTimeLimit: 1_000 }
  )
})

const yaml = (url: string) => `
tokens: { claims: { full_name: user.full_name, note: user.note } }
identity: { headers: { X-User-Id: sub, X-Name: full_name, X-Note: note } }
upstreams: { web: { url: "${url}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`

t.test('over the wire: line ends in an attribute stay data', async (t) => {
  const upstream = await startRecorder(t)
  const gateway = await startGateway(t, yaml(upstream.url), [
    { username: 'zoe', attributes: { full_name: 'Zoë\r\nX-Note: forged', note: '' } }
  ])
  const { access_token } = await gateway.login('zoe')
  const answer = await fetch(`${gateway.url}/x`, { headers: { ...bearer(access_token), 'x-note': 'mine' } })
  t.equal(answer.status, 200)
  const arrived = upstream.lastLines()
  t.ok(arrived.includes('X-Name: Zo%C3%AB%0D%0AX-Note: forged'))
  t.notOk(
    arrived.some((line) => /^x-note/i.test(line)),
    'an empty claim is not said, nor the client heard'
  )
})

t.test('an identity too long for a field is refused, never cut', async (t) => {
  const upstream = await startRecorder(t)
  const gateway = await startGateway(t, yaml(upstream.url), [
    { username: 'fits', attributes: { note: 'é'.repeat(1333) } },
    { username: 'long', attributes: { note: 'é'.repeat(1334) } }
  ])
  const fits = await gateway.login('fits')
  const passed = await fetch(`${gateway.url}/x`, { headers: bearer(fits.access_token) })
  t.equal(passed.status, 200, await passed.text())
  const long = await gateway.login('long')
  const refused = await fetch(`${gateway.url}/x`, { headers: bearer(long.access_token) })
  t.equal(refused.status, 431)
  t.match(await refused.json(), { code: 'headers_too_large' })
  t.equal(upstream.requests().length, 1)
})
