import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** The compiled command; tests run from dist/test/helpers. */
export const COMMAND = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'gateway', 'cli', 'main.js')

export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly finished: Promise<Finished>
  /** Resolves when the text has been written to either stream; rejects when the process ends or time runs out. */
  readonly seen: (text: string, timeoutMs?: number) => Promise<void>
}

/** Starts the command, or another in its place, as a process of its own. */
export function startCommand(
  t: Test,
  args: readonly string[],
  options: {
    cwd: string
    env?: Record<string, string>
    input?: string
    keepInput?: boolean
    command?: readonly string[]
  }
): Running {
  const [program, ...before] = options.command ?? [process.execPath, COMMAND]
  const child = spawn(program ?? '', [...before, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', HOME: options.cwd, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe']
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  // A process that ends may leave its end of a pipe reset: what it had to say has been read.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
  if (options.keepInput !== true) child.stdin.end(options.input ?? '')
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout, stderr }))
  })
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await finished
  })
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    finished,
    async seen(text, timeoutMs = 60_000) {
      const until = Date.now() + timeoutMs
      while (!stdout.includes(text) && !stderr.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null || Date.now() > until)
          throw new Error(`not seen: ${text}\n${stdout}\n${stderr}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
}

export const runCommand = (t: Test, args: readonly string[], options: Parameters<typeof startCommand>[2]) =>
  startCommand(t, args, options).finished

/** A folder of its own with a gateway.yaml. */
export function makeFolder(t: Test, yaml: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  writeFileSync(join(folder, 'gateway.yaml'), yaml)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Below the range that the system takes the near ends of connections from, which come and go unasked. */
const LOWEST_PORT = 12_000
const [SHARES, PORTS_EACH] = [100, 200]

/**
 * Ports of its own for each process, one after the other: what one suite has chosen and not yet given to a server, no
 * suite beside it may choose.
 */
function createFreePort(): () => Promise<number> {
  const lowest = LOWEST_PORT + (process.pid % SHARES) * PORTS_EACH
  let chosen = randomInt(PORTS_EACH)
  return function next() {
    chosen = (chosen + 1) % PORTS_EACH
    const port = lowest + chosen
    return new Promise((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(next()))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)))
    })
  }
}

/** A port that nothing listens on just now. */
export const freePort = createFreePort()
