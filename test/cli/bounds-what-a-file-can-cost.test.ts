import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMAND, runCommand } from '../helpers/command.js'
import { makePlace, startProcess, until } from '../helpers/gateway-process.js'

/** Of the heap, in MB: what a small container leaves. */
const CAP = '--max-old-space-size=300'
/** Each takes a second or three where nothing else runs. */
const MOST_MS = 60_000

const times = (count: number, write: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => write(n)).join('')
const app = 'upstreams: { app: { url: "http://127.0.0.1:9" } }\n'
const withRules = (count: number, rule: (n: number) => string) =>
  `${app}rules:\n${times(count, (n) => `- ${rule(n)}\n`)}`
const withPath = (path: string) => withRules(1, () => `{ path: "${path}", allow: anyone, to: app }`)
const wholeFile = 4 * 1024 * 1024 - 100
const until4MiB = (piece: string) => piece.repeat(Math.floor(wholeFile / piece.length))

/** A file, and the limit that is named. */
const cases: Readonly<Record<string, readonly [text: () => string, says: RegExp]>> = {
  '50 MB of comments': [() => '# x\n'.repeat(13_000_000), /: the file is larger than 4 MiB$/m],
  '100,000 rules': [
    () => withRules(100_000, (n) => `{path: /${n}, allow: nobody}`),
    /the file holds more than 400000 keys, values and marks between them$/m
  ],
  '10,000 rules, which is not too much': [
    () => withRules(10_000, (n) => `{ path: "/api/${n}/{id}/**", methods: [GET], allow: { roles: [a, b] }, to: app }`),
    /^g\.yaml: ok, 10000 rules, 1 upstream$/m
  ],
  '10,001 rules': [
    () => withRules(10_001, () => '{path: /, allow: nobody}'),
    /rules: must not hold more than 10000 entries$/m
  ],
  'lists of aliases of lists': [
    () => `a0: &a0 [x, y]\n${times(40, (n) => `a${n + 1}: &a${n + 1} [${Array(50).fill(`*a${n}`).join(', ')}]\n`)}`,
    /aliases expand to more than 20000 values$/m
  ],
  'maps of aliases of maps': [
    () => `a0: &a0 { k: x }\n${times(40, (n) => `a${n + 1}: &a${n + 1} { ${times(50, (k) => `k${k}: *a${n}, `)} }\n`)}`,
    /aliases expand to more than 20000 values$/m
  ],
  'a rule and 9,999 aliases of it': [
    () => withRules(10_000, (n) => (n === 0 ? '&r { path: /a, allow: { roles: [a, b, c] }, to: app }' : '*r')),
    /aliases expand to more than 20000 values$/m
  ],
  'lists in lists': [() => until4MiB('['), /is nested more than 32 levels deep$/m],
  'maps in maps, each a line': [
    () => times(2_500, (n) => `${' '.repeat(n)}a:\n`),
    /is nested more than 32 levels deep$/m
  ],
  'one line of 4 MB, a list': [
    () => `trusted_proxies: [${until4MiB('x, ')}]`,
    /more than 400000 keys, values and marks/
  ],
  'one line of 4 MB, a value': [() => `listen: ${'x'.repeat(wholeFile)}`, /:1:9: error: listen: must be an address/],
  'one line of 4 MB, spaces': [() => `listen:${' '.repeat(wholeFile)}x`, /error: listen: must be an address/],
  'nothing but comments and line ends': [() => until4MiB('#\n'), /more than 1500000 YAML tokens$/m],
  'documents without number': [() => until4MiB('---\n'), /more than 400000 keys, values and marks/],
  'directives without number': [
    () => `${until4MiB('%X\n')}---\na: 1\n`,
    /more than 1500000 YAML tokens$|is not valid YAML/m
  ],
  'two million bad escapes': [() => `listen: "${until4MiB('\\q')}"`, /is not valid YAML: invalid escape sequence/],
  'two million bad references': [() => `listen: "${until4MiB('${')}"`, /has a '\$\{' that is no reference$/m],
  'distinct variables that are not set': [
    () => `listen: "${times(400_000, (n) => `\${A${n}}`).slice(0, wholeFile)}"`,
    /the environment variable 'A0' is not set$/m
  ],
  'the same key over and over': [() => 'a: 1\n'.repeat(60_000), /must not hold more than 10000 entries$/m],
  '10,000 rules with five mistakes each': [
    () => withRules(10_000, () => '{ path: x, methods: [get], allow: { role: x }, to: b, limit: q }'),
    /^g\.yaml:203:\d+: error: and 49000 more from here on: no more than 1000 are told at once$/m
  ],
  'names that are almost those of 10,000 upstreams': [
    () =>
      `upstreams:\n${times(9_999, (n) => `  service${n}: {url: "http://a"}\n`)}rules:\n${times(9_999, (n) => `- {path: /${n}, allow: anyone, to: servce${n}x}\n`)}`,
    /no upstream is called 'servce0x'$[\s\S]+ and 8999 more from here on/m
  ],
  'roles that are almost those of others': [
    () =>
      withRules(
        9_000,
        (n) =>
          `{path: /${n}, allow: {roles: [admin${times(4, (k) => String.fromCharCode(97 + ((n >> (k * 4)) % 16)))}]}, to: app}`
      ),
    /^g\.yaml: ok, 9000 rules/
  ],
  'a role of 2 MB, and another': [
    () =>
      withRules(2, (n) => `{path: /${n}, allow: {roles: [${'x'.repeat(2_000_000)}${n === 0 ? 'ab' : 'cd'}]}, to: app}`),
    /^g\.yaml: ok, 2 rules/
  ],
  'a pattern of 4 MB': [() => withPath(`/${'*a'.repeat(2_000_000)}`), /A pattern may have at most 1024 bytes\.$/m],
  'a pattern of many segments': [() => withPath('/{a}'.repeat(200)), /A pattern may have at most 32 segments\.$/m],
  'a pattern of many `**`': [() => withPath('/**/a'.repeat(10)), /A pattern may hold at most 2 `\*\*`\.$/m],
  'a pattern of many `*`': [() => withPath(`/${'a*'.repeat(300)}`), /A segment may hold at most 3 `\*`\.$/m]
}

for (const [name, [text, says]] of Object.entries(cases)) {
  t.test(name, async (t) => {
    const { folder } = await makePlace(t, '')
    writeFileSync(join(folder, 'g.yaml'), text())
    const started = performance.now()
    const command = [process.execPath, CAP, COMMAND]
    const { status, stdout, stderr } = await runCommand(t, ['check', 'g.yaml'], { cwd: folder, command })
    t.ok(performance.now() - started < MOST_MS, 'in bounded time')
    t.match(stdout + stderr, says)
    t.equal(status, stdout === '' ? 1 : 0)
    t.ok(stderr.length < 1_000_000, 'and not too much is said')
  })
}

t.test('a gateway goes on serving, whatever the file becomes', async (t) => {
  const place = await makePlace(
    t,
    'upstreams: { app: { url: "http://127.0.0.1:9" } }\nrules: [{ path: /**, allow: nobody }]\n'
  )
  const gateway = await startProcess(t, place, { env: { NODE_OPTIONS: CAP } })
  const rejected = () => gateway.lines().filter(({ mistakes }) => mistakes !== undefined)
  const spoilers = [
    '50 MB of comments',
    '100,000 rules',
    'maps of aliases of maps',
    'two million bad escapes',
    '10,000 rules with five mistakes each'
  ]
  for (const [turn, name] of spoilers.entries()) {
    writeFileSync(`${place.file}.new`, cases[name]?.[0]() ?? '')
    renameSync(`${place.file}.new`, place.file)
    await until(`${name} is refused`, () => rejected().length > turn, MOST_MS)
    t.equal((await fetch(`${place.url}/x`)).status, 403, name)
    const readiness = await (await fetch(`${place.adminUrl}/readyz`)).text()
    t.ok(readiness.length < 20_000, `the details of readiness stay small: ${name}`)
  }
  t.match(rejected().at(-1), { mistakes: { length: 21, 20: 'and 49980 more, which portcullis check shows' } })
  t.equal((await gateway.stop()).status, 0)
})
