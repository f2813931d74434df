import { writeFileSync } from 'node:fs'
import t from 'tap'
import { proveApart } from '../../gateway/on-paper/prove-apart.js'
import { settingsOf } from '../diff/comparing.js'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'

const rules = (first: string, second: string) => `store: "memory:"
upstreams: { app: { url: "http://127.0.0.1:9" } }
rules:
  - { path: ${first} }
  - { path: ${second} }
`
const admin = '/api/admin/**, allow: { roles: [admin] }, to: app'
const wide = '/api/**, allow: authenticated, to: app'
const never = 'assertions:\n  - never: { path: /api/admin/**, unless: { roles: [admin] } }\n'

/** `**` before so many segments makes as many states as they have subsets. */
const segments = (name: string) => Array.from({ length: 22 }, (_, at) => `{${name}${at}}`).join('/')
const hardAssertion = (at: number) => `  - never: { path: "/**/a/${segments(`y${at}`)}", unless: { roles: [admin] } }\n`
const hard = `${rules(`"/**/a/${segments('x')}", allow: { roles: [admin] }, to: app`, '/**, allow: authenticated, to: app')}assertions:
${Array.from({ length: 8 }, (_, at) => hardAssertion(at)).join('')}`

t.test('a file that breaks its assertion does not start', async (t) => {
  const place = await makePlace(t, rules(wide, admin) + never)
  const failed = await startProcess(t, place).catch((error: Error) => error)
  t.match(failed, { message: /assertions\[0\]\.never: does not hold: GET \/api\/admin by somebody signed in passes/ })
})

t.test('a file that breaks its assertion is not served, and the log says by whom', async (t) => {
  const place = await makePlace(t, rules(admin, wide) + never)
  const gateway = await startProcess(t, place)
  writeFileSync(place.file, place.yaml(rules(wide, admin) + never))
  await gateway.running.seen('the changed settings have mistakes: nothing was changed')
  const refusal = gateway
    .lines()
    .find(({ message }) => String(message).startsWith('the changed settings have mistakes'))
  t.match(refusal?.mistakes, [
    /assertions\[0\]\.never: does not hold: GET \/api\/admin by somebody signed in passes by/
  ])
  writeFileSync(place.file, place.yaml(`${rules(admin, wide) + never}# Mended.\n`))
  await gateway.running.seen('serving the changed settings')
  t.equal((await gateway.stop()).status, 0)
})

t.test('requests are answered while a proof takes its time', async (t) => {
  const place = await makePlace(t, rules(admin, wide))
  const gateway = await startProcess(t, place)
  const isOver = () => /serving the changed settings|the changed settings have mistakes/.test(gateway.running.stdout())
  writeFileSync(place.file, place.yaml(hard))
  const startedMs = performance.now()
  let [answered, longestMs] = [0, 0]
  while (!isOver()) {
    const askedMs = performance.now()
    const response = await fetch(`${place.url}/api/hello`)
    await response.arrayBuffer()
    if (response.status !== 401) t.fail(`answered ${response.status}`)
    longestMs = Math.max(longestMs, performance.now() - askedMs)
    answered++
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const provedMs = performance.now() - startedMs
  t.comment(`${answered} requests while it took ${Math.round(provedMs)} ms, the longest ${Math.round(longestMs)} ms`)
  t.ok(provedMs > 800, 'the proof is expensive')
  t.ok(longestMs < provedMs / 3, 'no request waits for it')
  await until('the gateway to be done', isOver)
  t.equal((await gateway.stop()).status, 0)
})

t.test('a proof that does not end in time is a mistake', async (t) => {
  const found = await proveApart(settingsOf(hard), { longestMs: 100 })
  t.match(found, [{ level: 'mistake', path: [], message: /could not be proved: it took longer than 0\.1 seconds$/ }])
})

t.test('a thread that fails is a mistake, never a proof', async (t) => {
  const settings = settingsOf(rules(admin, wide) + never)
  const broken = { ...settings, rules: settings.rules.map((rule) => ({ ...rule, path: 'no pattern' })) }
  t.match(await proveApart(broken), [{ level: 'mistake', path: [], message: /could not be proved: / }])
})

t.test('the thread finds what this one finds', async (t) => {
  t.strictSame(await proveApart(settingsOf(rules(admin, wide) + never)), [])
  const [found] = await proveApart(settingsOf(rules(wide, admin) + never))
  t.match(found, { level: 'mistake', path: ['assertions', 0, 'never'] })
})
