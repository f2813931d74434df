import type { Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { startUpstream } from '../helpers/upstream.js'

export interface Told {
  readonly target: string
  readonly ok: boolean
  readonly shots: number
  readonly held: number
  readonly found: number
  readonly skipped: number
  readonly limited: number
  readonly seconds: number
  readonly results: readonly {
    readonly id: string
    readonly family: string
    readonly from: string
    readonly outcome: string
    readonly note: string | null
    readonly status: number | null
    readonly sent: string
    readonly faults: readonly { readonly kind: string; readonly what: string }[]
  }[]
}

/** Runs `portcullis attack … --json`. */
export async function attack(
  t: Test,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string; readonly env?: Record<string, string> } = {}
) {
  const { cwd = process.cwd(), ...rest } = options
  const finished = await runCommand(t, ['attack', ...args, '--json'], { cwd, ...rest })
  if (finished.stdout === '') throw new Error(finished.stderr)
  return { ...finished, told: JSON.parse(finished.stdout) as Told }
}

export const found = ({ results }: Told) => results.filter(({ outcome }) => outcome === 'found')

/** An upstream that answers with what it is sent. */
export const startEcho = (t: Test) =>
  startUpstream(t, ({ method, url, headers }, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, path: url, headers }))
  })
