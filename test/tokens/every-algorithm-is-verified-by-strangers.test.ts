import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { makeKeyFolder, pkcs8, rsa } from './some-keys.js'

const ASYMMETRIC = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const HMAC = ['HS256', 'HS384', 'HS512']

/** PyJWT, as a Python service would use it: the key set by its address, the algorithm pinned. */
const PYTHON = `
import json, sys, jwt
for line in sys.stdin:
    one = json.loads(line)
    try:
        key = one["secret"] if "secret" in one else jwt.PyJWKClient(one["jwks"]).get_signing_key_from_jwt(one["token"]).key
        claims = jwt.decode(one["token"], key, algorithms=[one["alg"]], audience="api", issuer="https://gateway.test")
        print(json.dumps({"alg": one["alg"], "username": claims["username"]}))
    except Exception as error:
        print(json.dumps({"alg": one["alg"], "error": repr(error)}))
`

interface Issued {
  readonly alg: string
  readonly token: string
  readonly jwks: string
  readonly secret?: string
}

function askPython(issued: readonly Issued[]): Promise<Record<string, string>[]> {
  return new Promise((resolve, reject) => {
    const python = spawn('/usr/bin/python3', ['-c', PYTHON], { stdio: ['pipe', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    python.once('error', reject)
    python.stdout.on('data', (chunk) => chunks.push(chunk))
    python.once('close', () => {
      const lines = Buffer.concat(chunks).toString('utf8').trim().split('\n')
      resolve(lines.map((line) => JSON.parse(line) as Record<string, string>))
    })
    python.stdin.end(issued.map((one) => `${JSON.stringify(one)}\n`).join(''))
  })
}

t.test('a token of every algorithm is verified by jose and by PyJWT, over the published keys', async (t) => {
  const rsaKey = pkcs8(rsa().privateKey)
  const issued: Issued[] = []
  for (const alg of [...ASYMMETRIC, ...HMAC]) {
    // One RSA key is generated, the others are brought along: generating them takes long.
    const keys = makeKeyFolder(t, /^(RS384|RS512|PS...)$/.test(alg) ? { [`brought.${alg}.pem`]: rsaKey } : {})
    const { url, login } = await startGateway(
      t,
      `tokens: { issuer: "https://gateway.test", audience: api, keys: ${keys}, algorithm: ${alg} }
upstreams: { web: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: web }]`,
      [{ username: 'alice' }]
    )
    const { access_token: token } = await login('alice')
    const jwks = `${url}/.well-known/jwks.json`
    const secretFile = readdirSync(keys).find((name) => name.endsWith('.secret'))
    const secret = secretFile === undefined ? undefined : readFileSync(join(keys, secretFile), 'utf8').trim()
    const options = { algorithms: [alg], issuer: 'https://gateway.test', audience: 'api', typ: 'at+jwt' }
    const { payload, protectedHeader } =
      secret === undefined
        ? await jwtVerify(token, createRemoteJWKSet(new URL(jwks)), options)
        : await jwtVerify(token, Buffer.from(secret), options)
    t.equal(payload.username, 'alice', alg)
    t.equal(protectedHeader.alg, alg)
    const own = await fetch(`${url}/auth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
    t.equal(own.status, 200, `${alg} is verified by the gateway itself`)
    const { keys: published } = (await (await fetch(jwks)).json()) as { keys: Record<string, unknown>[] }
    const members = published.flatMap((key) => Object.keys(key)).filter((name) => /^(d|p|q|dp|dq|qi|k)$/.test(name))
    t.same(members, [], `${alg}: nothing private is published`)
    t.equal(published.length, secret === undefined ? 1 : 0, `${alg}: a secret is not published`)
    issued.push({ alg, token, jwks, ...(secret === undefined ? {} : { secret }) })
  }
  const answers = await askPython(issued)
  t.same(
    answers,
    issued.map(({ alg }) => ({ alg, username: 'alice' }))
  )
})
