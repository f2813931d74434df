import t, { type Test } from 'tap'
import { freePort, makeFolder, runCommand } from '../helpers/command.js'
import { startUpstream } from '../helpers/upstream.js'
import { deaf, echoing, trusting } from './services.js'

interface Told {
  readonly ok: boolean
  readonly upstreams: readonly {
    readonly upstream: string
    readonly status?: number
    readonly believes?: boolean
    readonly echoes?: boolean
    readonly unreachable?: string
    readonly beliefs?: readonly {
      readonly name: string
      readonly effect: string
      readonly before: number
      readonly after: number
    }[]
    readonly readings?: Readonly<Record<string, string>> | null
    readonly obeys?: readonly string[]
  }[]
}

const rules = (...names: readonly string[]) =>
  `rules:\n${names.map((name) => `  - { path: /${name}/**, allow: authenticated, to: ${name} }`).join('\n')}\n`

const upstreams = (urls: Readonly<Record<string, string>>) =>
  `upstreams:\n${Object.entries(urls)
    .map(([name, url]) => `  ${name}: { url: "${url}" }`)
    .join('\n')}\n${rules(...Object.keys(urls))}`

async function probe(t: Test, yaml: string, ...args: readonly string[]) {
  const cwd = makeFolder(t, yaml)
  const finished = await runCommand(t, ['probe', ...args, '--json'], { cwd })
  const text = await runCommand(t, ['probe', ...args], { cwd })
  if (finished.stdout === '') throw new Error(finished.stderr)
  return { ...finished, told: JSON.parse(finished.stdout) as Told, text: text.stdout }
}

t.test('a service that knows users by a header believes whoever asks', async (t) => {
  const { url, received } = await startUpstream(t, trusting)
  const { status, told, text } = await probe(t, upstreams({ api: url }), '--path', '/api/me')
  t.equal(status, 1)
  const [api] = told.upstreams
  t.match(api, { status: 401, believes: true, echoes: false })
  t.match(api?.beliefs, [{ name: 'X-User-Id', effect: 'admitted', before: 401, after: 200 }])
  t.equal(api?.beliefs?.length, 1, 'no other name is believed')
  t.match(api?.readings, {
    'other case': 'same',
    'empty segment': 'same',
    semicolon: 'other',
    'encoded slash': 'other'
  })
  t.match(api?.obeys, ['X-Original-URL'])
  t.match(text, /X-User-Id: lets in who was refused \(401 becomes 200\)/)
  t.match(text, /Nobody else may: let it listen on\s+127\.0\.0\.1/)
  t.ok(
    received.every(({ method, body }) => ['GET', 'HEAD', 'OPTIONS'].includes(method) && body.length === 0),
    'and is asked nothing that could change something'
  )
  t.ok(received.every(({ headers }) => !/PUT|POST|PATCH|DELETE/.test(JSON.stringify(headers))))
})

t.test('one that does not listen believes nobody', async (t) => {
  const { url } = await startUpstream(t, deaf)
  const { status, told } = await probe(t, upstreams({ api: url }), '--path', '/api/me')
  t.equal(status, 0)
  t.match(told, { ok: true, upstreams: [{ status: 200, believes: false, echoes: false, obeys: [] }] })
  t.match(told.upstreams[0]?.readings, { 'other case': 'other', 'empty segment': 'other', 'slash at the end': 'other' })
})

t.test('of one that answers with what it is sent nothing can be told', async (t) => {
  const { url } = await startUpstream(t, echoing)
  const { status, told, text } = await probe(t, upstreams({ api: url }))
  t.equal(status, 0)
  t.match(told.upstreams, [{ believes: false, echoes: true }])
  t.match(text, /cannot be told: it answers with whatever it is sent/)
})

t.test('one that is down has a row, and the others are asked all the same', async (t) => {
  const { url } = await startUpstream(t, trusting)
  const down = `http://127.0.0.1:${await freePort()}`
  const { status, told, text, stderr } = await probe(t, upstreams({ gone: down, api: url }), '--path', '/api/me')
  t.equal(status, 1)
  t.match(told.upstreams, [{ unreachable: 'nothing listens there' }, { believes: true }])
  t.match(text, /gone .*\n {2}not asked +nothing listens there\n/)
  t.match(text, /1 of 2 believes a forged identity; 1 of 2 could not be asked\.\n$/)
  t.equal(stderr, '')
})

t.test('when none can be asked, that is no good news', async (t) => {
  const down = `http://127.0.0.1:${await freePort()}`
  const { status, text } = await probe(t, upstreams({ gone: down }))
  t.equal(status, 1)
  t.notMatch(text, /\n {4}at /)
})

t.test('one that never answers is given up', async (t) => {
  const { url } = await startUpstream(t, () => {})
  const { told } = await probe(t, upstreams({ slow: url }))
  t.match(told.upstreams, [{ unreachable: 'it does not answer' }])
})

t.test('an upstream that is not there is misuse', async (t) => {
  const cwd = makeFolder(t, upstreams({ api: 'http://127.0.0.1:9' }))
  const { status, stderr } = await runCommand(t, ['probe', '--upstream', 'ap'], { cwd })
  t.equal(status, 2)
  t.match(stderr, /no upstream is called "ap"/)
})

t.test('the path that is asked for is one that a rule protects, as it reaches the upstream', async (t) => {
  const { url, received } = await startUpstream(t, deaf)
  const yaml = `
upstreams: { api: { url: "${url}", strip_prefix: /v1, host: upstream } }
rules:
  - { path: /v1/open, allow: anyone, to: api }
  - { path: "/v1/users/{id}", allow: authenticated, to: api }
  - { path: /v1/me, methods: [GET], allow: authenticated, to: api }
`
  await probe(t, yaml)
  t.equal(received[0]?.url, '/me')
})
