import { SignJWT } from 'jose'
import t from 'tap'
import { bearer, startGateway } from '../helpers/gateway.js'
import { startRecorder } from '../helpers/recorder.js'

const SECRET = '0123456789abcdef0123456789abcdef0123456789abcdef'

t.test('a token that names nobody is a bad token, and nothing is forwarded', async (t) => {
  const upstream = await startRecorder(t)
  const gateway = await startGateway(
    t,
    `
tokens: { issuer: "https://issuer.test", algorithm: HS256, keys: { secret: ${SECRET} } }
upstreams: { web: { url: "${upstream.url}" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`,
    [{ username: 'alice' }]
  )
  const { access_token } = await gateway.login('alice')
  const [head = '', body = ''] = access_token.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const mint = (sub: unknown) =>
    new SignJWT({ ...claims, sub }).setProtectedHeader(header).sign(new TextEncoder().encode(SECRET))
  const ask = async (sub: unknown) => fetch(`${gateway.url}/x`, { headers: bearer(await mint(sub)) })
  t.equal((await ask(claims.sub)).status, 200, 'the minting itself is right')
  for (const sub of ['', null, 0, [], ['u1'], {}, undefined]) {
    const answer = await ask(sub)
    t.equal(answer.status, 401, JSON.stringify(sub))
    t.match(await answer.json(), { code: 'invalid_token' })
  }
  t.equal(upstream.requests().length, 1)
})
