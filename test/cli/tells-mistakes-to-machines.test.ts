import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { commandOfGitHub } from '../../gateway/cli/github-command.js'
import { COMMAND, runCommand } from '../helpers/command.js'
import { makePlace } from '../helpers/gateway-process.js'

const mistaken = `upstreams:
  app: { url: "http://127.0.0.1:9" }
rules:
  - path: /a
    allow: anyone
    to: backend
  - path: /b
    allow: authenticated
    to: ap
    limit: none
  - path: /auth/b
    allow: nobody
`

const hidden = `upstreams: { app: { url: "http://127.0.0.1:9" } }
rules:
  - path: /b
    allow: nobody
  - path: /b
    allow: nobody
`

async function check(t: Test, options: readonly string[], env: Record<string, string> = {}) {
  const { folder } = await makePlace(t, '')
  writeFileSync(join(folder, 'other.yaml'), mistaken)
  return runCommand(t, ['check', 'other.yaml', ...options], { cwd: folder, env })
}

t.test('--json and --format json tell every member of a mistake', async (t) => {
  const { status, stdout, stderr } = await check(t, ['--json'])
  t.strictSame({ status, stderr }, { status: 1, stderr: '' })
  const place = (line: number, column: number, endLine: number, endColumn: number) => ({
    line,
    column,
    end_line: endLine,
    end_column: endColumn
  })
  t.strictSame(JSON.parse(stdout), {
    file: 'other.yaml',
    ok: false,
    errors: [
      {
        file: 'other.yaml',
        ...place(6, 9, 6, 16),
        path: 'rules[0].to',
        message: "no upstream is called 'backend'",
        hint: 'the names are app',
        related: []
      },
      {
        file: 'other.yaml',
        ...place(9, 9, 9, 11),
        path: 'rules[1].to',
        message: "no upstream is called 'ap'",
        hint: "did you mean 'app'?",
        related: [{ ...place(2, 3, 2, 6), message: 'this one' }]
      }
    ],
    warnings: [
      {
        file: 'other.yaml',
        ...place(11, 11, 11, 18),
        path: 'rules[2].path',
        message: 'lies under /auth, where the gateway answers itself before any rule',
        hint: null,
        related: []
      }
    ],
    anyone: null
  })
  t.equal((await check(t, ['--format', 'json'])).stdout, stdout)
})

t.test('--format github writes annotations', async (t) => {
  const { status, stdout, stderr } = await check(t, ['--format', 'github'])
  t.strictSame({ status, stderr }, { status: 1, stderr: '' })
  t.strictSame(stdout.split('\n'), [
    "::error file=other.yaml,line=6,endLine=6,col=9,endColumn=15,title=rules[0].to::no upstream is called 'backend', the names are app",
    "::error file=other.yaml,line=9,endLine=9,col=9,endColumn=10,title=rules[1].to::no upstream is called 'ap', did you mean 'app'?%0Aother.yaml:2:3: this one",
    '::warning file=other.yaml,line=11,endLine=11,col=11,endColumn=17,title=rules[2].path::lies under /auth, where the gateway answers itself before any rule',
    ''
  ])
})

t.test('an annotation of several lines names no columns, which would make the runner drop it', async (t) => {
  const { folder } = await makePlace(t, '')
  writeFileSync(join(folder, 'other.yaml'), hidden)
  const { stdout } = await runCommand(t, ['check', 'other.yaml', '--format', 'github'], { cwd: folder })
  t.equal(
    stdout,
    '::warning file=other.yaml,line=5,endLine=6,title=rules[1]::can never match: hidden by the rule at line 3%0Aother.yaml:3:11: takes its requests\n'
  )
})

t.test('what ends a property or a line in an annotation is escaped', (t) => {
  const command = commandOfGitHub({
    level: 'mistake',
    file: 'a,b:c%.yaml',
    line: 0,
    column: 0,
    endLine: 0,
    endColumn: 0,
    path: 'a.b,c:d',
    message: '100% of, it:\r\n::error::x',
    hint: null,
    times: 1,
    excerpt: [],
    related: []
  })
  t.equal(command, '::error file=a%2Cb%3Ac%25.yaml,title=a.b%2Cc%3Ad::100%25 of, it:%0D%0A::error::x')
  t.end()
})

t.test('another format is misuse', async (t) => {
  const { status, stderr } = await check(t, ['--format', 'sarif'])
  t.equal(status, 2)
  t.match(stderr, /Allowed choices are text, json, github/)
})

t.test('colour is for terminals, and for who asks for it', async (t) => {
  const colored = async (env: Record<string, string>) => (await check(t, [], env)).stderr.includes('\u001b[')
  t.equal(await colored({}), false)
  t.equal(await colored({ FORCE_COLOR: '1' }), true)
  t.equal(await colored({ FORCE_COLOR: '' }), true)
  t.equal(await colored({ FORCE_COLOR: '0' }), false)
  const onTerminal = async (env: Record<string, string>) => {
    const { folder } = await makePlace(t, mistaken)
    const line = `exec ${process.execPath} ${COMMAND} check`
    const options = { cwd: folder, command: ['script'], env: { TERM: 'xterm', ...env } }
    return (await runCommand(t, ['-qec', line, '/dev/null'], options)).stdout.includes('\u001b[')
  }
  t.equal(await onTerminal({}), true)
  t.equal(await onTerminal({ NO_COLOR: '1' }), false)
  t.equal(await onTerminal({ NO_COLOR: '' }), true, 'an empty NO_COLOR says nothing (no-color.org)')
  t.equal(await onTerminal({ TERM: 'dumb' }), false)
  t.equal(await onTerminal({ FORCE_COLOR: '0' }), false)
})
