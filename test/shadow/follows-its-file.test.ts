import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { type Line, makePlace, startProcess, until } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const policy = (url: string, allow: string) =>
  `upstreams: { app: { url: "${url}" } }\nrules: [{ path: /**, allow: ${allow}, to: app }]\n`

async function start(t: Test, shadow: string | null) {
  const upstream = await startUpstream(t)
  const place = await makePlace(t, `${policy(upstream.url, 'anyone')}shadow: next.yaml\n`)
  const next = join(place.folder, 'next.yaml')
  if (shadow !== null) writeFileSync(next, policy('http://127.0.0.1:1', shadow))
  const gateway = await startProcess(t, place)
  const accessLines = () => gateway.lines().filter(({ log }) => log === 'access')
  async function ask(): Promise<Line> {
    const before = accessLines().length
    t.equal((await fetch(`${place.url}/x`)).status, 200, 'whatever the shadow says')
    await until('the line is written', () => accessLines().length > before)
    return accessLines()[before] ?? {}
  }
  const says = async (code: string | null) => {
    const { shadow } = await ask()
    return ((shadow as { code?: string } | undefined)?.code ?? null) === code
  }
  const metrics = async () => (await fetch(`${place.adminUrl}/metrics`)).text()
  return { upstream, place, next, gateway, ask, says, metrics }
}

t.test(
  'the first request is compared; the shadow follows its own file, and the name that the first file gives',
  async (t) => {
    const { upstream, place, next, gateway, ask, says, metrics } = await start(t, 'authenticated')
    t.match(await ask(), {
      verdict: 'allow',
      shadow: { verdict: 'deny', code: 'missing_token', rule: { path: '/**' } }
    })
    t.match(
      await metrics(),
      'portcullis_shadow_decisions_total{result="differs",verdict="allow",shadow_verdict="missing_token"} 1'
    )

    writeFileSync(next, policy('http://127.0.0.1:1', 'nobody').replace(', to: app', ''))
    await until('the changed shadow judges', () => says('access_denied'))

    writeFileSync(join(place.folder, 'other.yaml'), policy('http://127.0.0.1:1', 'anyone'))
    writeFileSync(place.file, place.yaml(`${policy(upstream.url, 'anyone')}shadow: other.yaml\n`))
    await until('the other file judges', () => says(null))
    writeFileSync(next, policy('http://127.0.0.1:1', 'authenticated'))
    writeFileSync(place.file, place.yaml(policy(upstream.url, 'anyone')))
    await until('no shadow is left', async () => !/^portcullis_shadow_info\{/m.test(await metrics()))
    t.equal((await ask()).shadow, undefined)
    t.equal((await gateway.stop()).status, 0)
  }
)

t.test('a shadow file with mistakes, or none at all, is told of and affects nothing', async (t) => {
  const { place, next, gateway, says, metrics } = await start(t, null)
  const warnings = () => gateway.lines().filter(({ level }) => level === 'warn')
  t.ok(await says(null))
  t.match(warnings(), [
    {
      message: 'the shadow file has mistakes: nothing is judged by it',
      mistakes: [/next\.yaml: there is no such file/]
    }
  ])
  t.equal((await fetch(`${place.adminUrl}/readyz`)).status, 200)

  writeFileSync(next, policy('http://127.0.0.1:1', 'authenticated'))
  await until('the shadow judges', () => says('missing_token'))
  writeFileSync(next, `${policy('http://127.0.0.1:1', 'authenticated')}tests: [{ request: GET /, expect: 200 }]\n`)
  await until('a failing test is told', () => warnings().length === 2)
  t.match(warnings()[1], { mistakes: [/tests\[0\]/] })
  t.ok(await says(null), 'what has mistakes judges nothing')
  t.notMatch(await metrics(), /^portcullis_shadow_info\{/m)
  rmSync(next)
  await until('its absence is told', () => warnings().length === 3)
  t.equal((await gateway.stop()).status, 0)
})

t.test('check warns of a shadow file that could not be used', async (t) => {
  const { folder } = await makePlace(t, `${policy('http://127.0.0.1:9', 'anyone')}shadow: next.yaml\n`)
  const none = await runCommand(t, ['check'], { cwd: folder })
  t.equal(none.status, 0)
  t.match(none.stderr, /gateway\.yaml:5:9: warning: shadow: nothing is judged by this file: there is no such file/)
  writeFileSync(join(folder, 'next.yaml'), 'rules: []\n')
  const broken = await runCommand(t, ['check'], { cwd: folder })
  t.equal(broken.status, 0)
  t.match(broken.stderr, 'nothing is judged by this file: it has 2 mistakes')
  writeFileSync(join(folder, 'next.yaml'), policy('http://127.0.0.1:9', 'anyone'))
  t.equal((await runCommand(t, ['check'], { cwd: folder })).stderr, '')
})
