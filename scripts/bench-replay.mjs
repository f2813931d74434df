// `npm run bench -- replay [--lines 300000] [--rules 100]`: lines of the access log that `portcullis replay` judges in a
// second of one core, as the command itself does it, from a file of lines as the gateway writes them.
import { spawnSync } from 'node:child_process'
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { root } from './ready.mjs'

const ROUNDS = 3

const policy = (rules, admitted) => `
upstreams: { bench: { url: "http://127.0.0.1:1" } }
rules:
${Array.from({ length: rules - 2 }, (_, at) => `  - { path: "/area${at}/{id}/**", allow: [{ roles: [editor] }, { claims: { sub: "{id}" } }], to: bench }`).join('\n')}
  - { path: /api/admin/**, allow: { roles: [${admitted}] }, to: bench }
  - { path: /api/**, allow: authenticated, to: bench }
`

/** A line as gateway/account.ts writes it: of nine users, over the areas, one in fifty refused. */
function line(at, rules) {
  const refused = at % 50 === 0
  const area = at % (rules - 2)
  const path = refused ? '/api/admin/dashboard' : `/area${area}/u${at % 9}/orders/${at}`
  const rule = refused
    ? { index: rules - 2, line: rules + 2, path: '/api/admin/**' }
    : { index: area, line: area + 4, path: `/area${area}/{id}/**` }
  return JSON.stringify({
    time: new Date(1_790_000_000_000 + at * 7).toISOString(),
    log: 'access',
    request_id: `5f0c9a3be1d24c77-${at.toString(36)}`,
    method: 'GET',
    host: 'api.example.com',
    path,
    address: `198.51.100.${at % 200}`,
    status: refused ? 403 : 200,
    verdict: refused ? 'deny' : 'allow',
    ...(refused ? { code: 'access_denied' } : {}),
    rule,
    decision_id: `5f0c9a3be1d24c77-${(at + 1).toString(36)}`,
    revision: '0123456789ab',
    upstream: refused ? null : 'bench',
    credential: 'valid',
    subject: `u${at % 9}`,
    issuer: 'self',
    username: `user${at % 9}`,
    roles: ['user', 'viewer'],
    scopes: [],
    claims: refused ? {} : { sub: `u${at % 9}` },
    limits: { per_user: 93 },
    ms: 3.21,
    gateway_ms: 0.123,
    upstream_ms: 2.9
  })
}

async function writeLog(file, lines, rules) {
  const stream = createWriteStream(file)
  for (let at = 0; at < lines; at += 1000) {
    const batch = Array.from({ length: Math.min(1000, lines - at) }, (_, index) => `${line(at + index, rules)}\n`)
    if (!stream.write(batch.join(''))) await new Promise((resolve) => stream.once('drain', resolve))
  }
  stream.end()
  await finished(stream)
}

/** CPU seconds of `times` of a shell (POSIX.1-2024, times), for the processes that it has waited for. */
function readTimes(text) {
  const [, children = ''] = text.trim().split('\n')
  return children.split(' ').reduce((sum, time) => {
    const [, minutes, seconds] = /(\d+)m([\d.]+)s/.exec(time) ?? []
    return sum + Number(minutes) * 60 + Number(seconds)
  }, 0)
}

/** CPU seconds of the command from its start to its end, all threads: what one core takes when nothing else runs. */
function replay(folder, wanted) {
  const answer = join(folder, 'answer.json')
  const main = join(root, 'dist', 'gateway', 'cli', 'main.js')
  const args = [main, 'replay', join(folder, 'access.log'), '--policy', join(folder, 'next.yaml'), '--json']
  const command = ['-c', '"$@" >"$0"; times', answer, process.execPath, ...args]
  const { stdout, stderr } = spawnSync('sh', command, { encoding: 'utf8' })
  const { differing, lines } = JSON.parse(readFileSync(answer, 'utf8') || '{}')
  if (differing !== wanted) throw new Error(`${differing} of ${lines} differ\n${stderr}`)
  return readTimes(stdout)
}

/** Runs the measurement and prints a line for each policy. */
export async function benchReplay({ args }) {
  const options = { lines: { type: 'string', default: '300000' }, rules: { type: 'string', default: '100' } }
  const { values } = parseArgs({ args, options })
  const [lines, rules] = [Number(values.lines), Number(values.rules)]
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  await writeLog(join(folder, 'access.log'), lines, rules)
  const megabytes = (statSync(join(folder, 'access.log')).size / 1e6).toFixed(0)
  process.stdout.write(`${lines} lines, ${megabytes} MB, ${rules} rules, node ${process.versions.node}\n`)
  for (const [what, admitted, differing] of [
    ['the same policy', 'admin', 0],
    ['one that lets the refused in', 'user', Math.ceil(lines / 50)]
  ]) {
    writeFileSync(join(folder, 'next.yaml'), policy(rules, admitted))
    const best = Math.min(...Array.from({ length: ROUNDS }, () => replay(folder, differing)))
    const rate = Math.round(lines / best).toLocaleString('en')
    process.stdout.write(`${what.padEnd(30)} ${best.toFixed(2)} CPU s with start, ${rate} lines a CPU second\n`)
  }
  rmSync(folder, { recursive: true })
}
