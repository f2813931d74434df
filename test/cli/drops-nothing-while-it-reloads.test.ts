import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { makePlace, type Place, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const RELOADS = 200
/** Longer than connections to an upstream that is gone are kept for who may still need them. */
const LEAST_MS = 12_000

const revisionOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

async function readiness({ adminUrl }: Place): Promise<{ revision: string; rejected_settings?: string[] }> {
  return (await (await fetch(`${adminUrl}/readyz`)).json()) as { revision: string }
}

/** Ways to replace a file, one after the other. */
function createReplace({ folder, file }: Place): (turn: number, text: string) => void {
  const ways = [
    (_: number, text: string) => writeFileSync(file, text),
    (_: number, text: string) => {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    },
    (turn: number, text: string) => {
      const version = join(folder, `..${turn}`)
      mkdirSync(version)
      writeFileSync(join(version, 'gateway.yaml'), text)
      symlinkSync(join(version, 'gateway.yaml'), `${file}.link`)
      renameSync(`${file}.link`, file)
    }
  ] as const
  return (turn, text) => ways[turn % ways.length]?.(turn, text)
}

/** What may stand there for a moment, and is refused. */
const spoilers: readonly ((file: string) => void)[] = [
  () => {},
  (file) => mkdirSync(file),
  (file) => writeFileSync(file, ''),
  (file) => writeFileSync(file, 'upstreams: { app: { url: "http://127.0.0.1:1" } }\nrules:\n  - { path: /**, al'),
  (file) => symlinkSync('nowhere', file),
  (file) => symlinkSync('gateway.yaml', file),
  (file) => symlinkSync('/dev/zero', file)
]

t.test('requests, events and long bodies survive 200 reloads of a file that is replaced in every way', async (t) => {
  let streaming = true
  const upstreamOf = (own: string) =>
    startUpstream(t, async (request, response, { body }) => {
      if (request.method === 'POST') response.end(createHash('sha256').update(body).digest('hex'))
      else if (!request.url?.endsWith('/stream')) response.end(`${own} ${request.url}`)
      else {
        response.setHeader('content-type', 'text/event-stream')
        let piece = 0
        for (; streaming && !response.destroyed; piece++) {
          response.write(`data: ${piece}\n\n`)
          await sleep(20)
        }
        response.end(`data: ${piece} was the last\n\n`)
      }
    })
  const [one, two] = [await upstreamOf('one'), await upstreamOf('two')]
  // A rule of one with the upstream of the other would be seen, and so would a path that is cut for the other.
  const policies = [
    `upstreams: { app: { url: "${one.url}", strip_prefix: /api } }\nrules: [{ path: /api/**, allow: anyone, to: app }]\n`,
    `upstreams: { app: { url: "${two.url}" } }\nrules:\n  - { path: /api/x, allow: anyone, to: app }\n  - { path: /**, allow: nobody }\n`
  ]
  const place = await makePlace(t, policies[0] ?? '')
  const gateway = await startProcess(t, place)

  const stream = await fetch(`${place.url}/api/stream`)
  const sent = createHash('sha256')
  async function* pieces() {
    for (let piece = 0; streaming; piece++) {
      const chunk = Buffer.alloc(32 * 1024, piece)
      sent.update(chunk)
      yield chunk
      await sleep(50)
    }
  }
  const begun = new Promise((resolve) => one.server.once('request', resolve))
  const upload = fetch(`${place.url}/api/x`, { method: 'POST', body: pieces(), duplex: 'half' } as RequestInit)
  await begun

  const answers = new Map<string, number>()
  let going = true
  async function ask() {
    while (going) {
      const answer = await fetch(`${place.url}/api/x`).then(
        async (response) => `${response.status} ${await response.text()}`,
        (error) => String(error)
      )
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  }
  const asking = Promise.all([ask(), ask(), ask(), ask()])

  const started = performance.now()
  const replace = createReplace(place)
  let spoilt = 0
  for (let turn = 1; turn <= RELOADS; turn++) {
    if (turn % 25 === 0) {
      rmSync(place.file)
      spoilers[spoilt % spoilers.length]?.(place.file)
      spoilt++
      gateway.running.child.kill('SIGHUP')
      await until(
        `a spoilt file is refused at ${turn}`,
        async () => (await readiness(place)).rejected_settings !== undefined
      )
      rmSync(place.file, { recursive: true, force: true })
    }
    const text = place.yaml(`${policies[turn % 2]}# ${turn}\n`)
    replace(turn, text)
    gateway.running.child.kill('SIGHUP')
    await until(`reload ${turn}`, async () => (await readiness(place)).revision === revisionOf(text))
  }
  t.ok(spoilt > spoilers.length, 'spoilt in every way')
  await sleep(Math.max(0, LEAST_MS - (performance.now() - started)))
  going = false
  await asking
  t.strictSame([...answers.keys()].sort(), ['200 one /x', '200 two /api/x'])
  for (const [answer, count] of answers) t.ok(count > RELOADS / 2, `${answer}: often`)

  streaming = false
  const events = (await stream.text()).trimEnd().split('\n\n')
  t.strictSame(events, [
    ...events.slice(0, -1).map((_, piece) => `data: ${piece}`),
    `data: ${events.length - 1} was the last`
  ])
  t.equal(await (await upload).text(), sent.digest('hex'), 'the upload arrived as it was sent')
  t.equal((await gateway.stop()).status, 0)
  t.strictSame(
    gateway.lines().filter(({ status }) => Number(status) >= 400),
    []
  )
})
