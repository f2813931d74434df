import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.js'
import { startGateway } from '../helpers/gateway.js'
import { makeFolder } from '../helpers/proxies.js'
import { startUpstream } from '../helpers/upstream.js'

const LARGE = Buffer.alloc(4 * 1024 * 1024, 'curl')

interface Outcome {
  readonly status: number | null
  readonly out: string
  /** What it says of its conversation. */
  readonly log: string
}

function curl(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn('curl', ['-sv', '--max-time', '20', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, log]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk) => out.push(chunk))
    child.stderr.on('data', (chunk) => log.push(chunk))
    child.once('close', (status) =>
      resolve({ status, out: Buffer.concat(out).toString('latin1'), log: Buffer.concat(log).toString('latin1') })
    )
  })
}

async function start(t: Test) {
  const folder = makeFolder(t)
  writeFileSync(join(folder, 'large.bin'), LARGE)
  const upstream = await startUpstream(t, (request, response, { body }) => {
    if (request.url === '/endless') {
      response.write('begun')
    } else if (request.headers.range !== undefined) {
      response.writeHead(206, { 'content-range': 'bytes 0-3/9', 'content-length': 4 }).end('0123')
    } else if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1234 }).end()
    else {
      const { 'content-length': said = '-', 'transfer-encoding': coding = '-' } = request.headers
      response.end(`${request.method} ${said} ${coding} ${createHash('sha256').update(body).digest('hex')}`)
    }
  })
  const yaml = `
upstreams: { web: { url: "${upstream.url}" } }
rules:
  - { path: /closed, allow: authenticated, to: web }
  - { path: /small, allow: anyone, to: web, max_body: 1mb }
  - { path: /**, allow: anyone, to: web }
`
  const gateway = await startGateway(t, yaml)
  return { folder, upstream, gateway, url: gateway.url }
}

const SUM = createHash('sha256').update(LARGE).digest('hex')

t.test('curl uploads, with and without a length, and after being asked to', async (t) => {
  const { folder, url } = await start(t)
  const sized = await curl(folder, '-T', 'large.bin', '-H', 'Expect: 100-continue', `${url}/x`)
  t.equal(sized.out, `PUT ${LARGE.length} - ${SUM}`)
  t.match(sized.log, /< HTTP\/1\.1 100 Continue/)
  const chunked = await curl(folder, '-T', 'large.bin', '-H', 'Transfer-Encoding: chunked', `${url}/x`)
  t.equal(chunked.out, `PUT - chunked ${SUM}`)
  const posted = await curl(folder, '--data-binary', '@large.bin', '-H', 'Expect:', `${url}/x`)
  t.equal(posted.out, `POST ${LARGE.length} - ${SUM}`)
  const old = await curl(folder, '--http1.0', '--data-binary', '@large.bin', `${url}/x`)
  t.equal(old.out, `POST ${LARGE.length} - ${SUM}`)
  t.notMatch(old.log, / 100 |chunked/i)
})

t.test('curl is refused before it has sent anything, and hears why', async (t) => {
  const { folder, url, upstream } = await start(t)
  for (const [path, status] of [
    ['/closed', 401],
    ['/small', 413]
  ] as const) {
    for (const expect of ['Expect: 100-continue', 'Expect:']) {
      const { log, out, status: exit } = await curl(folder, '-T', 'large.bin', '-H', expect, `${url}${path}`)
      t.match(log, `< HTTP/1.1 ${status} `, `${path} ${expect}`)
      t.match(out, /"code":/)
      t.equal(exit, 0)
      t.notMatch(log, /100 Continue/)
    }
  }
  t.strictSame(upstream.received, [])
})

t.test('curl asks for a range, for the head alone, and twice over one connection', async (t) => {
  const { folder, url } = await start(t)
  const range = await curl(folder, '-r', '0-3', `${url}/x`)
  t.equal(range.out, '0123')
  t.match(range.log, /< HTTP\/1\.1 206 /)
  const head = await curl(folder, '-I', `${url}/x`, '--next', '-sv', `${url}/x`, '-w', ' %{num_connects}')
  t.match(head.out, /content-length: 1234/i)
  t.match(head.out, / 0$/, 'the connection is used again after HEAD')
  const twice = await curl(folder, '-w', ' %{num_connects}\n', `${url}/x`, `${url}/y`)
  t.strictSame(
    twice.out
      .trim()
      .split('\n')
      .map((line) => line.slice(-1)),
    ['1', '0']
  )
})

t.test('curl leaves, and the upstream hears of it', async (t) => {
  const { folder, url, gateway } = await start(t)
  const { status, out } = await curl(folder, '-N', '--max-time', '0.5', `${url}/endless`)
  t.equal(status, 28)
  t.equal(out, 'begun', 'what had been sent had come')
  await eventually(() => gateway.access.length === 1, 'the exchange is over')
  t.match(gateway.access[0], { status: 200, complete: false })
})
