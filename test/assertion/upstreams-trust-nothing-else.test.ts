import { type ChildProcess, spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import t, { type Test } from 'tap'
import { freePort } from '../helpers/command.js'
import { openToken, signText } from '../helpers/forge.js'
import { bearer, startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { startUpstream } from '../helpers/upstream.js'
import { alice, FIELD, ISSUER } from './assertion-fixture.js'

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'assertion')
const VERIFIERS = [
  ['Node', process.execPath, 'verify.mjs'],
  ['Python', '/usr/bin/python3', 'verify.py']
] as const

/** Starts the service of an example; resolves when it listens. */
function startExample(t: Test, program: string, file: string, env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(program, [join(EXAMPLES, file)], { env: { ...env, PATH: process.env.PATH ?? '' } })
  let output = ''
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
  })
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      output += chunk
      if (output.includes('listening on')) resolve(child)
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('close', () => reject(new Error(`${file} ended: ${output}`)))
  })
}

for (const [language, program, file] of VERIFIERS) {
  t.test(`the verifier in ${language} lets in what the gateway signed, and nothing else`, async (t) => {
    const port = await freePort()
    const recorder = await startUpstream(t)
    const gateway = await startGateway(
      t,
      `
tokens: { issuer: "${ISSUER}" }
identity: { assertion: {} }
upstreams:
  orders: { url: "http://127.0.0.1:${port}", strip_prefix: /api }
  other: { url: "${recorder.url}", strip_prefix: /api }
  recorded: { url: "${recorder.url}", strip_prefix: /api }
rules:
  - { path: /api/**, host: recorded.test, allow: authenticated, to: recorded }
  - { path: /api/**, host: other.test, allow: authenticated, to: other }
  - { path: /**, allow: authenticated, to: orders }
`,
      [alice]
    )
    await startExample(t, program, file, { GATEWAY: gateway.url, ISSUER, AUDIENCE: 'orders', PORT: String(port) })
    const { access_token: token } = await gateway.login('alice')
    const direct = `http://127.0.0.1:${port}`
    /** What the upstream behind this host is sent. */
    async function capture(host: string): Promise<{ [FIELD]: string; 'x-request-id': string }> {
      const lines = `Host: ${host}\r\nAuthorization: Bearer ${token}\r\nConnection: close`
      await sendRaw(gateway.port, `GET /api/users/7?a=1 HTTP/1.1\r\n${lines}\r\n\r\n`)
      const { headers } = recorder.last()
      return { [FIELD]: String(headers[FIELD]), 'x-request-id': String(headers['x-request-id']) }
    }

    for (const [method, path] of [
      ['GET', '/api/users/7'],
      ['POST', '/api/users/7%C3%A4?a=%20b&c=?'],
      ['DELETE', '/api'],
      ['GET', '/api/a?']
    ] as const) {
      const answer = await fetch(gateway.url + path, { method, headers: bearer(token) })
      t.equal(answer.status, 200, `${method} ${path} passes`)
      t.match(await answer.json(), { username: 'alice', roles: ['user', 'editor'] }, 'and tells who asks')
    }
    t.equal((await fetch(`${direct}/users/7`)).status, 401, 'nobody comes in past the gateway')

    // What the upstream receives for this request, taken down by another that is asked in its place.
    const signing = gateway.resources.assertionKeyring?.signing()
    if (signing === undefined) throw new Error('nothing signs')
    const captured = await capture('recorded.test')
    const { header, claims } = openToken(captured[FIELD])
    const sign = (
      changed: Record<string, unknown> = {},
      head: Record<string, unknown> = {},
      key = signing.signingKey,
      by = 'ES256'
    ) =>
      signText(
        JSON.stringify({ ...header, ...head }),
        JSON.stringify({ ...claims, aud: 'orders', ...changed }),
        key as string,
        by
      )
    const ask = async (
      assertion: string | null,
      { method = 'GET', target = '/users/7?a=1', id = captured['x-request-id'] } = {}
    ) => {
      const headers = { 'x-request-id': id, ...(assertion === null ? {} : { [FIELD]: assertion }) }
      return (await fetch(direct + target, { method, headers })).status
    }

    const good = sign()
    t.equal(await ask(good), 200, 'the request that it is for')
    t.equal(await ask(good), 200, 'within its life, unless each is to be used once')
    for (const [what, elsewhere] of [
      ['another path', { target: '/users/8?a=1' }],
      ['another spelling of the path', { target: '/users/%37?a=1' }],
      ['another query', { target: '/users/7?a=2' }],
      ['no query', { target: '/users/7' }],
      ['another method', { method: 'DELETE' }],
      ['another request id', { id: 'another-request' }]
    ] as const)
      t.equal(await ask(good, elsewhere), 401, what)
    t.equal(await ask(captured[FIELD]), 401, 'as the gateway signed it for another upstream')
    const other = await capture('other.test')
    t.equal(await ask(other[FIELD], { id: other['x-request-id'] }), 401, 'and for a third')

    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const publicPem = createPublicKey(signing.signingKey).export({ type: 'spki', format: 'pem' }).toString()
    const now = Math.floor(Date.now() / 1000)
    const access = gateway.resources.keyring.signing()
    for (const [what, forged] of [
      ['nothing', null],
      ['no signature', `${good.split('.').slice(0, 2).join('.')}.`],
      ['alg none', sign({}, { alg: 'none' })],
      ['alg none, unsigned', `${sign({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`],
      ['HS256 by the public key', sign({}, { alg: 'HS256' }, publicPem, 'HS256')],
      ["a stranger's key under our id", sign({}, {}, stranger.export({ type: 'pkcs8', format: 'pem' }).toString())],
      ['an unknown key id', sign({}, { kid: 'unknown' })],
      ['no key id', sign({}, { kid: undefined })],
      ['an access token', token],
      ['an assertion by the key of access tokens, under ours', sign({}, {}, access.signingKey)],
      ['the type of access tokens', sign({}, { typ: 'at+jwt' })],
      ['no type', sign({}, { typ: undefined })],
      ['unknown extensions', sign({}, { crit: ['x'], x: 1 })],
      ['expired', sign({ exp: now - 6, nbf: now - 60, iat: now - 60 })],
      ['no expiry', sign({ exp: undefined })],
      ['an expiry that is no number', sign({ exp: 'never' })],
      ['not good yet', sign({ nbf: now + 60 })],
      ['another issuer', sign({ iss: 'https://other.test' })],
      ['another audience', sign({ aud: 'recorded' })],
      ['several audiences', sign({ aud: ['orders', 'other'] })],
      ['no audience', sign({ aud: undefined })],
      ['nobody', sign({ sub: '' })],
      ['no subject', sign({ sub: undefined })],
      ['no method', sign({ htm: undefined })],
      ['no path', sign({ path: undefined })],
      ['no request', sign({ request_id: undefined })]
    ] as const)
      t.equal(await ask(forged), 401, what)
    t.equal(decodeProtectedHeader(good).kid, signing.keyId)
    t.equal(await ask(sign()), 200, 'and the good one is let in still')
  })
}
