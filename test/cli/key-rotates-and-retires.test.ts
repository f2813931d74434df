import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalJWKSet, importSPKI, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { freePort, makeFolder, runCommand, startCommand } from '../helpers/command.js'
import { bearer, post, type Tokens } from '../helpers/gateway.js'
import { makeKeyFolder, pkcs8, rsa } from '../tokens/some-keys.js'

// Each step is a process of the command's own: on a busy machine they take their time.
t.setTimeout(90_000)

interface Listed {
  readonly kid: string
  readonly alg: string
  readonly state: string
  readonly signs_from: number | null
}

const settings = (listen: number, admin: number, keys: string, more = '') => `
listen: 127.0.0.1:${listen}
admin: { listen: 127.0.0.1:${admin} }
tokens: { issuer: "https://gateway.test", audience: api, keys: ${keys}${more} }
upstreams: { web: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: web }]
`

async function list(t: Test, cwd: string): Promise<readonly Listed[]> {
  const { status, stdout } = await runCommand(t, ['key', 'list', '--json'], { cwd })
  t.equal(status, 0)
  return (JSON.parse(stdout) as { keys: Listed[] }).keys
}

/** Resolves when the audit stream of a running gateway says so. */
async function audited(cwd: string, text: string): Promise<void> {
  const until = Date.now() + 60_000
  while (!readFileSync(join(cwd, 'data', 'audit.log'), 'utf8').includes(text)) {
    if (Date.now() > until) throw new Error(`not in the audit stream: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Every line of private keys and secrets that lie in a folder. */
function privateLines(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => /\.(pem|jwk|secret)$/.test(name))
  return files
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => /^[\w+/=-]{30,}$/.test(line))
}

t.test('beside a running gateway the command rotates, retires and exports the keys that sign', async (t) => {
  const [listen, admin] = [await freePort(), await freePort()]
  const cwd = makeFolder(t, settings(listen, admin, '{ directory: data/keys, publish_before: 5s }'))
  const url = `http://127.0.0.1:${listen}`
  const gateway = startCommand(t, ['start'], { cwd, env: { PORTCULLIS_ADMIN_PASSWORD: 'correct horse battery' } })
  await gateway.seen('listening')
  const login = await post(`${url}/auth/login`, { username: 'admin', password: 'correct horse battery' })
  const { access_token: token } = (await login.json()) as Tokens
  const ask = async () => (await fetch(`${url}/auth/userinfo`, { headers: bearer(token) })).status
  const output: string[] = []
  const run = async (...args: string[]) => {
    const finished = await runCommand(t, ['key', ...args], { cwd })
    output.push(finished.stdout, finished.stderr)
    return finished
  }
  const secrets = () => privateLines(join(cwd, 'data', 'keys'))
  const everSecret = new Set(secrets())

  const [first] = await list(t, cwd)
  t.equal(first?.state, 'current')
  const rotated = JSON.parse((await run('rotate', '--json')).stdout) as Listed
  t.equal(rotated.state, 'next')
  for (const line of secrets()) everSecret.add(line)
  const published = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  t.same(
    published.keys.map(({ kid }) => kid),
    [first?.kid, rotated.kid],
    'it is published at once'
  )
  await audited(cwd, `"event":"key_rotated","key_id":"${rotated.kid}"`)
  t.ok(Date.now() / 1000 >= (rotated.signs_from ?? 0), 'and signs when its time has come')
  t.equal(await ask(), 200)

  const exported = await run('export', first?.kid ?? '', '--public', 'pem')
  const options = { issuer: 'https://gateway.test', audience: 'api' }
  t.ok(await jwtVerify(token, await importSPKI(exported.stdout, 'ES256'), options))
  t.ok(await jwtVerify(token, createLocalJWKSet(JSON.parse((await run('export')).stdout)), options))

  const refused = await run('retire', rotated.kid)
  t.equal(refused.status, 1)
  t.match(refused.stderr, /^portcullis: the key \S+ signs: rotate first, or end it and all it signed with --now\n$/)
  t.equal((await run('retire', first?.kid ?? '', '--now')).status, 0)
  t.equal(await ask(), 401, 'tokens of a key that was retired now are refused at once')
  t.match((await run('retire', 'nobody')).stderr, /^portcullis: there is no key nobody\n$/)
  t.match((await run('list')).stdout, /^key +algorithm +signs +state\n/)
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()
  t.match(metrics, /^portcullis_signing_key_age_seconds \d+(\.\d+)?$/m)

  for (const line of secrets()) everSecret.add(line)
  gateway.child.kill('SIGTERM')
  const { stdout, stderr } = await gateway.finished
  const audit = readFileSync(join(cwd, 'data', 'audit.log'), 'utf8')
  for (const event of ['key_published', 'key_rotated', 'key_retired']) t.match(audit, `"event":"${event}"`)
  const everything = [...output, stdout, stderr, audit].join('\n')
  t.ok(everSecret.size >= 4)
  for (const line of everSecret) t.notOk(everything.includes(line), 'no private key is written anywhere')
})

t.test(
  'without a gateway it works on the folder, and a gateway elsewhere that uses the folder takes it over',
  async (t) => {
    const keys = makeKeyFolder(t)
    const [listen, admin] = [await freePort(), await freePort()]
    const here = makeFolder(t, settings(listen, admin, keys))
    const there = makeFolder(t, settings(await freePort(), await freePort(), keys))
    const empty = await runCommand(t, ['key', 'list'], { cwd: there })
    t.equal(empty.status, 1)
    t.match(empty.stderr, /^portcullis: no gateway has made or used keys in /)
    t.same(readdirSync(keys), [], 'looking makes no key')

    const gateway = startCommand(t, ['start'], {
      cwd: here,
      env: { PORTCULLIS_ADMIN_PASSWORD: 'correct horse battery' }
    })
    await gateway.seen('listening')
    const rotated = await runCommand(t, ['key', 'rotate', '--now', '--json'], { cwd: there })
    t.equal(rotated.status, 0)
    const { kid } = JSON.parse(rotated.stdout) as Listed
    const until = Date.now() + 60_000
    while ((await list(t, here)).find(({ state }) => state === 'current')?.kid !== kid) {
      if (Date.now() > until) throw new Error('never taken over')
    }
    t.pass('it signs there too')
  }
)

t.test('keys of the settings are shown and exported, and not rotated', async (t) => {
  const { privateKey } = rsa()
  const cwd = makeFolder(t, settings(await freePort(), await freePort(), '{ files: corp.pem }', ', algorithm: PS256'))
  writeFileSync(join(cwd, 'corp.pem'), pkcs8(privateKey))
  chmodSync(join(cwd, 'corp.pem'), 0o600)
  const [key] = await list(t, cwd)
  t.match(key, { alg: 'PS256', state: 'current' })
  const rotated = await runCommand(t, ['key', 'rotate'], { cwd })
  t.equal(rotated.status, 1)
  t.match(rotated.stderr, /^portcullis: the keys are named in the settings: change tokens.keys there and restart\n$/)
  chmodSync(join(cwd, 'corp.pem'), 0o644)
  const open = await runCommand(t, ['key', 'list'], { cwd })
  t.match(open.stderr, /^portcullis: \S+corp.pem is open to others than its owner: run chmod 600 on it\n$/)
  const start = await runCommand(t, ['start'], { cwd })
  t.equal(start.status, 1)
  t.match(start.stderr, /corp.pem is open to others than its owner: run chmod 600 on it\n$/)
  t.notMatch(start.stderr, /\n.*\n/, 'one line')
})

t.test('a secret is listed, never shown', async (t) => {
  const secret = 'a secret that nobody else may see, ever'
  const cwd = makeFolder(
    t,
    settings(await freePort(), await freePort(), `{ secret: "${secret}" }`, ', algorithm: HS256')
  )
  const [key] = await list(t, cwd)
  t.match(key, { alg: 'HS256', state: 'current', jwk: null })
  const exported = await runCommand(t, ['key', 'export', key?.kid ?? ''], { cwd })
  t.equal(exported.status, 1)
  t.match(exported.stderr, /^portcullis: the key \S+ is a shared secret, which has no public part\n$/)
  t.same(JSON.parse((await runCommand(t, ['key', 'export'], { cwd })).stdout), { keys: [] })
})
