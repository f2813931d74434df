import t from 'tap'
import { makeFolder, runCommand } from '../helpers/command.js'

const POLICY = `
upstreams: { web: { url: "http://127.0.0.1:9", max_body: 1500kb } }
rules:
  - { path: /plain/**, allow: anyone, to: web, max_body: none }
  - { path: /up/**, allow: anyone, to: web, max_body: 2mb, websocket: false }
  - { path: /**, allow: authenticated, to: web, websocket: { ends_with: session, idle_timeout: 90s } }
`

t.test(
  'how long a body may be, and whether WebSockets pass, is shown where requests and open places are',
  async (t) => {
    const cwd = makeFolder(t, POLICY)
    const run = async (...args: readonly string[]) => (await runCommand(t, args, { cwd })).stdout
    const explain = async (path: string) => JSON.parse(await run('explain', 'GET', path, '--roles', 'a', '--json')).rule
    t.match(await explain('/plain/x'), {
      max_body: null,
      websocket: { ends_with: 'token', idle_timeout_ms: 3_600_000 }
    })
    t.match(await explain('/up/x'), { max_body: 2_097_152, websocket: false })
    t.match(await explain('/x'), { max_body: 1_536_000, websocket: { ends_with: 'session', idle_timeout_ms: 90_000 } })
    const bounded = await run('explain', 'GET', '/up/x', '--roles', 'a')
    t.match(bounded, /^upstream +web {2}\S+\n +bodies up to 2mb\n +no WebSockets\n +X-User-Id/m)
    t.match(
      await run('explain', 'GET', '/x', '--roles', 'a'),
      /^upstream +web {2}\S+\n +bodies up to 1500kb\n +X-User-Id/m
    )
    t.notMatch(await run('explain', 'GET', '/plain/x'), /bodies|WebSockets/)

    t.match(await run('check'), /\n {2}\/plain\/\*\*\n {2}\/up\/\*\* {2}\(bodies up to 2mb; no WebSockets\)\n/)
    t.match(JSON.parse(await run('check', '--json')).anyone, [
      { path: '/plain/**', max_body: null, websocket: { ends_with: 'token' } },
      { path: '/up/**', max_body: 2_097_152, websocket: false }
    ])
  }
)
