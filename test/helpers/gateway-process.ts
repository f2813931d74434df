import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type Finished, freePort, type Running, startCommand } from './command.js'
import type { Tokens } from './gateway.js'

/** The root of the clone; tests run from dist/test/helpers. */
export const CLONE = fileURLToPath(new URL('../../../', import.meta.url))

export const ADMIN_PASSWORD = 'correct horse battery'

/** A folder for one gateway, and the ports that its file names. */
export interface Place {
  readonly folder: string
  readonly file: string
  readonly url: string
  readonly adminUrl: string
  readonly port: number
  readonly adminPort: number
  /** The file's content when `policy` follows the ports. */
  readonly yaml: (policy: string) => string
}

export interface GatewayProcess extends Place {
  readonly running: Running
  /** Lines of standard output, parsed; throws when one is not JSON. */
  readonly lines: () => Line[]
  readonly audit: () => Line[]
  readonly stop: (signal?: NodeJS.Signals) => Promise<Finished>
}

export type Line = Readonly<Record<string, unknown>>

export const parseLines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

/** A folder that goes with the test; empty but for a gateway.yaml of free ports and `policy`. */
export async function makePlace(t: Test, policy: string): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [port, adminPort] = [await freePort(), await freePort()]
  const yaml = (text: string) => `listen: 127.0.0.1:${port}\nadmin: { listen: 127.0.0.1:${adminPort} }\n${text}`
  const file = join(folder, 'gateway.yaml')
  writeFileSync(file, yaml(policy))
  const [url, adminUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${adminPort}`]
  return { folder, file, url, adminUrl, port, adminPort, yaml }
}

/** A folder with the clone's own gateway.yaml, on free ports. */
export async function makeExamplePlace(t: Test): Promise<Place & { readonly env: Record<string, string> }> {
  const place = await makePlace(t, '')
  copyFileSync(join(CLONE, 'gateway.yaml'), place.file)
  appendFileSync(place.file, `\nadmin: { listen: 127.0.0.1:${place.adminPort} }\n`)
  return { ...place, env: { PORTCULLIS_LISTEN: `127.0.0.1:${place.port}` } }
}

/** Starts `portcullis start` there and waits until it listens. */
export async function startProcess(
  t: Test,
  place: Place,
  options: {
    readonly args?: readonly string[]
    readonly env?: Record<string, string>
    /** In place of the command as it is. */
    readonly command?: readonly string[]
  } = {}
): Promise<GatewayProcess> {
  const running = startCommand(t, ['start', ...(options.args ?? [])], {
    cwd: place.folder,
    env: { PORTCULLIS_ADMIN_PASSWORD: ADMIN_PASSWORD, ...options.env },
    ...(options.command === undefined ? {} : { command: options.command })
  })
  await running.seen('"message":"listening"')
  return {
    ...place,
    running,
    lines: () => parseLines(running.stdout()),
    audit: () => parseLines(readFileSync(join(place.folder, 'data', 'audit.log'), 'utf8')),
    stop(signal = 'SIGTERM') {
      running.child.kill(signal)
      return running.finished
    }
  }
}

/** Signs in; throws unless it is answered 200. */
export async function signIn(url: string, username = 'admin', password = ADMIN_PASSWORD): Promise<Tokens> {
  const response = await post(`${url}/auth/login`, { username, password })
  if (response.status !== 200) throw new Error(`login: ${response.status} ${await response.text()}`)
  return (await response.json()) as Tokens
}

export const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** Waits until a condition holds; throws, naming it, when it does not in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 30_000
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not come to be in ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
