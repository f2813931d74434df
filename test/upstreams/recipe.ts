/** What the tests of recipes share: the files of a page, run as they stand there, behind a gateway with its settings. */
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort, startCommand } from '../helpers/command.js'
import { blocksOf } from '../helpers/documentation.js'
import { startGateway, type TestGateway } from '../helpers/gateway.js'
import { CLONE, until } from '../helpers/gateway-process.js'
import { type EchoUpstream, startUpstream } from '../helpers/upstream.js'

export interface Recipe {
  readonly gateway: TestGateway
  /** The service of the page, with nobody between. */
  readonly url: string
  /** Where its files are. */
  readonly folder: string
  /** Behind `/other` of the same gateway: another upstream, which records. */
  readonly other: EchoUpstream
}

export interface RecipeOptions {
  /** Of docs/examples/assertion. */
  readonly verifier: string
  /** Changes the settings of the page. */
  readonly adapt?: (yaml: string) => string
  /** Before the service starts, in its folder; what the environment of the service has besides. */
  readonly prepare?: (folder: string, gateway: TestGateway) => Promise<Record<string, string>>
}

/** Starts a gateway with the page's settings, and then its service by its own command. Both go with the test. */
export async function startRecipe(t: Test, page: string, options: RecipeOptions): Promise<Recipe> {
  const { verifier, adapt = (yaml) => yaml, prepare = async () => ({}) } = options
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [port, other] = [await freePort(), await startUpstream(t)]
  const blocks = blocksOf(`upstreams/${page}`)
  const textOf = (wanted: string) => {
    const found = blocks.find(({ language, name }) => name === wanted || (language === wanted && name === ''))
    if (found === undefined) throw new Error(`no ${wanted} in ${page}`)
    return found.text.replaceAll('9001', String(port))
  }
  const yaml = adapt(textOf('gateway.yaml')).replace(
    'rules:\n',
    `  other: { url: "${other.url}" }\nrules:\n  - { path: /other/**, allow: authenticated, to: other }\n`
  )
  const gateway = await startGateway(t, yaml, [{ username: 'ada', roles: ['editor'], attributes: { django_id: 1 } }])
  for (const { name } of blocks) {
    if (name !== '') writeFileSync(join(folder, name), textOf(name).replaceAll('http://127.0.0.1:8080', gateway.url))
  }
  copyFileSync(join(CLONE, 'docs', 'examples', 'assertion', verifier), join(folder, verifier))
  symlinkSync(join(CLONE, 'node_modules'), join(folder, 'node_modules'))
  const more = await prepare(folder, gateway)
  const env = { PATH: `/usr/bin:${process.env.PATH}`, PYTHONDONTWRITEBYTECODE: '1', ...more }
  const service = startCommand(t, ['-c', textOf('bash')], { cwd: folder, env, command: ['bash'] })
  // gunicorn takes its workers with it only when it is asked to end.
  t.teardown(() => {
    service.child.kill('SIGTERM')
    return service.finished
  })
  const url = `http://127.0.0.1:${port}`
  await until(`the service of ${page} answers`, async () => {
    const { exitCode } = service.child
    if (exitCode !== null) throw new Error(`it ended: ${service.stderr()}`)
    return fetch(`${url}/fields`).then(
      ({ status }) => status === 401,
      () => false
    )
  })
  return { gateway, url, folder, other }
}
