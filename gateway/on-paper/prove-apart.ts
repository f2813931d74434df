import { Worker } from 'node:worker_threads'
import { type Finding, mistakeAt } from '../settings/index.js'
import type { ProvableSettings } from './prove-settings.js'

/** Well beyond what the analysis allows itself: whoever meets it is stuck. */
const LONGEST_MS = 60_000
/** A proof that needs more is ended, and the gateway lives on. */
const MOST_MEGABYTES = 1024

const script = new URL('./prove-worker.js', import.meta.url)

/**
 * As `proveSettings`, in a thread of its own, so that requests are answered meanwhile. Never rejects: a proof that does
 * not come to an end is a mistake of the file, which must not serve unproved.
 */
export async function proveApart(
  settings: ProvableSettings,
  { longestMs = LONGEST_MS }: { readonly longestMs?: number } = {}
): Promise<readonly Finding[]> {
  const { revision, rules, auth, publicHealth, simpleJwt, tokens, issuers, tests, assertions } = settings
  if (tests.length === 0 && assertions.length === 0) return []
  const workerData: ProvableSettings = {
    revision,
    rules,
    auth,
    publicHealth,
    simpleJwt: simpleJwt && { prefix: simpleJwt.prefix },
    tokens: { issuer: tokens.issuer },
    issuers,
    tests,
    assertions
  }
  try {
    return await runThread(workerData, longestMs)
  } catch (error) {
    return [mistakeAt([], `its tests and assertions could not be proved: ${(error as Error).message}`)]
  }
}

function runThread(workerData: ProvableSettings, longestMs: number): Promise<readonly Finding[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { workerData, resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })
    // A gateway that stops does not wait for a proof.
    worker.unref()
    const timer = setTimeout(() => {
      reject(new Error(`it took longer than ${longestMs / 1000} seconds`))
      worker.terminate()
    }, longestMs)
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(new Error('the thread that proves ended without an answer'))
    })
  })
}
