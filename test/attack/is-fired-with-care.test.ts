import t, { type Test } from 'tap'
import { FAMILIES } from '../../gateway/attack/index.js'
import { freePort, runCommand } from '../helpers/command.js'
import { CLONE } from '../helpers/gateway-process.js'
import { startEcho } from './firing.js'

const run = (t: Test, args: readonly string[]) => runCommand(t, ['attack', ...args], { cwd: CLONE })

t.test('another machine is attacked only by who says that it is theirs', async (t) => {
  for (const url of [
    'http://192.0.2.1:8080',
    'https://gateway.example',
    'http://127.0.0.1.example',
    'http://[2001:db8::1]/'
  ]) {
    const { status, stderr, stdout } = await run(t, [url])
    t.equal(status, 2, url)
    t.match(stderr, /is not this machine.*--yes/)
    t.equal(stdout, '')
  }
})

t.test('what cannot be meant is misuse, in one line', async (t) => {
  const upstream = await startEcho(t)
  for (const [args, said] of [
    [['gateway.test'], /scheme, host and port/],
    [['http://127.0.0.1:1/path'], /scheme, host and port/],
    [['http://user@127.0.0.1:1'], /scheme, host and port/],
    [['--only', 'nothing'], /no attack or family is called "nothing"/],
    [['--token', 'x'], /name its URL/],
    [['--path', '/a/../b'], /a plain path/],
    [['http://127.0.0.1:1', '--token', 'x', '--login', 'y'], /either --token or --login/],
    [[upstream.url, '--path', '/x'], /answered 200 there, and should be refused. Name a path/]
  ] as const) {
    const { status, stderr } = await run(t, args)
    t.equal(status, 2, args.join(' '))
    t.match(stderr, said)
    t.notMatch(stderr, /\n {4}at /, 'no stack')
  }
})

t.test('where nothing listens, that is said', async (t) => {
  const { status, stderr } = await run(t, [`http://127.0.0.1:${await freePort()}`])
  t.equal(status, 1)
  t.match(stderr, /^portcullis: nothing answers GET /)
})

t.test('the corpus is public: ids that stay, sources, and bytes to read', async (t) => {
  const { status, stdout } = await run(t, ['--list', '--json'])
  t.equal(status, 0)
  const attacks = JSON.parse(stdout) as { id: string; family: string; source: string; why: string; example: string }[]
  t.ok(attacks.length >= 500, `${attacks.length} attacks`)
  t.equal(new Set(attacks.map(({ id }) => id)).size, attacks.length, 'no id stands twice')
  t.strictSame([...new Set(attacks.map(({ family }) => family))], [...FAMILIES])
  for (const { id, family, source, why, example } of attacks) {
    t.match(id, /^[a-z]+\/[a-z0-9]+(?:-[a-z0-9]+)*$/)
    t.ok(id.startsWith(`${family}/`) && source.length > 3 && why.endsWith('.') && example !== '', id)
  }
  const { stdout: text } = await run(t, ['--list', '--only', 'browsers'])
  t.match(text, /^browsers\/origin-foreign +CWE-942\n/)
})

t.test('the text fits a terminal', async (t) => {
  const { stdout } = await run(t, ['--only', 'paths,identity,browsers'])
  for (const line of stdout.split('\n')) t.ok(line.length <= 80, line)
  t.match(stdout, /^Attack on gateway.yaml/)
  t.match(stdout, /No way past it was found: \d+ shots in [\d.]+ s\.\n$/)
})
