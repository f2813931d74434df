// `npm test`: makes the clone runnable, brings the real servers that tests talk to, then lint and all suites (types are
// checked by the build). Ends with `N passed, N failed` alone on a line; exits 1 when anything failed or could not run.
// Arguments choose suites by a part of their path: `npm test -- cli proxy`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { makeReady, root } from './ready.mjs'

/** No suite should come near it; it is here so that one that hangs is told apart from a slow machine. */
const SUITE_TIMEOUT_MS = 300_000

const say = (text) => process.stderr.write(`portcullis: ${text}\n`)

const canImport = (modules) =>
  spawnSync('/usr/bin/python3', ['-c', `import ${modules}`], { stdio: 'ignore' }).status === 0

/** Debian packages that tests talk to: what must be there, and what brings it. */
const SERVERS = [
  { isThere: () => canImport('django'), packages: ['python3-django'] },
  { isThere: () => existsSync('/usr/lib/postgresql'), packages: ['postgresql'] },
  { isThere: () => canImport('psycopg2'), packages: ['python3-psycopg2'] },
  { isThere: () => existsSync('/usr/bin/openssl'), packages: ['openssl'] },
  { isThere: () => canImport('argon2, bcrypt'), packages: ['python3-argon2', 'python3-bcrypt'] },
  { isThere: () => existsSync('/usr/bin/htpasswd'), packages: ['apache2-utils'] },
  { isThere: () => canImport('jwt, cryptography'), packages: ['python3-jwt', 'python3-cryptography'] },
  { isThere: () => canImport('rest_framework_simplejwt'), packages: ['python3-djangorestframework-simplejwt'] },
  { isThere: () => canImport('fastapi, uvicorn'), packages: ['python3-fastapi', 'python3-uvicorn'] },
  { isThere: () => canImport('websockets'), packages: ['python3-websockets'] },
  { isThere: () => existsSync('/usr/bin/gunicorn'), packages: ['gunicorn'] },
  { isThere: () => existsSync('/usr/bin/chromium'), packages: ['chromium'] },
  { isThere: () => spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0, packages: ['curl'] },
  { isThere: () => spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0, packages: ['openssl'] },
  { isThere: () => existsSync('/usr/sbin/nginx'), packages: ['nginx'] },
  { isThere: () => existsSync('/usr/bin/caddy'), packages: ['caddy'] },
  { isThere: () => existsSync('/usr/sbin/haproxy'), packages: ['haproxy'] },
  { isThere: () => existsSync('/usr/bin/faketime'), packages: ['faketime'] }
]

/** Installs what is missing where it may; where it may not, the tests that need it fail. */
function bringServers() {
  const missing = SERVERS.filter(({ isThere }) => !isThere()).flatMap(({ packages }) => packages)
  if (missing.length === 0) return
  const packages = missing.join(' ')
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`tests against real servers will FAIL, because these are missing: apt-get install ${packages}`)
    return
  }
  say(`installing ${packages} …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', ...missing]
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' })
    if (status !== 0) say(`apt-get ${args[0]} failed, tests against real servers may FAIL: ${stderr}`)
  }
}

/** Lint counts as one test. */
function lint() {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, 'check', '.'], { cwd: root, encoding: 'utf8' })
  process.stdout.write(status === 0 ? 'ok     lint\n' : `FAILED lint\n${stdout}${stderr}\n`)
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Compiled suites whose source is still there. */
function findSuites(wanted) {
  return readdirSync(join(root, 'dist', 'test'), { recursive: true })
    .filter((file) => file.endsWith('.suite.js') && existsSync(join(root, 'test', file.replace(/\.js$/, '.ts'))))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort()
    .map((file) => join('dist', 'test', file))
}

makeReady()
// It needs packages that a fresh clone has only now.
const { runSuites } = await import('./run-suites.mjs')
const suites = findSuites(process.argv.slice(2))
if (suites.length === 0) {
  say('no suite has such a name')
  process.exit(2)
}
bringServers()
const linted = lint()
const tested = await runSuites(suites, {
  cwd: root,
  timeoutMs: SUITE_TIMEOUT_MS,
  atOnce: Math.min(4, availableParallelism()),
  write: (text) => process.stdout.write(text)
})
const passed = linted.passed + tested.passed
const failed = linted.failed + tested.failed
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
