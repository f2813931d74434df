import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Command } from 'commander'
import { createReplay } from '../on-paper/index.js'
import { Fault, faultOf } from './fault.js'
import { createProgress } from './progress.js'
import { readLines } from './read-lines.js'
import { requireUnproved } from './read-settings.js'
import { showReplay, showReplayJson } from './replay-reports.js'
import { createSummary, type Summary } from './replay-summary.js'

interface ReplayOptions {
  readonly policy: string
  readonly json?: boolean
}

/** Large, because each chunk is decoded as a whole. */
const CHUNK = 1024 * 1024

interface OpenedLog {
  readonly stream: Readable
  /** null: there is no telling. */
  readonly bytes: number | null
  readonly bytesRead: () => number
}

/** The log of a path, unpacked if it ends in `.gz`; of `-`, standard input. */
async function openLog(path: string): Promise<OpenedLog> {
  if (path === '-') return { stream: process.stdin, bytes: null, bytesRead: () => 0 }
  const status = await stat(path)
  const file = createReadStream(path, { highWaterMark: CHUNK })
  // Errors of the file come out of the end that is read.
  const stream = path.endsWith('.gz') ? pipeline(file, createGunzip({ chunkSize: CHUNK }), () => {}) : file
  return { stream, bytes: status.isFile() ? status.size : null, bytesRead: () => file.bytesRead }
}

async function replayLog(path: string, replay: ReturnType<typeof createReplay>): Promise<Summary> {
  const { stream, bytes, bytesRead } = await openLog(path)
  const progress = createProgress(bytes)
  const summary = createSummary()
  try {
    const lines = await readLines(stream, (text, number) => {
      summary.add(text === null ? { kind: 'unreadable' } : replay(parseLine(text)), number)
      if (number % 1024 === 0) progress.note(bytesRead(), number)
    })
    return summary.finish(lines)
  } finally {
    progress.end()
  }
}

/** null: it is no JSON, which is no line of ours either. */
function parseLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** `replay LOG --policy FILE`: exit 1 when a past request would now be judged otherwise. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('judge the requests of an access log by another policy, and say which would now be judged otherwise')
    .argument('<log>', 'an access log, also as .gz; - reads it from standard input')
    .requiredOption('--policy <file>', 'the settings file whose rules judge')
    .option('--json', 'answer as JSON')
    .action(async (log: string, options: ReplayOptions) => {
      const settings = await requireUnproved(options.policy, process.env)
      const summary = await replayLog(log, createReplay(settings)).catch((error) => {
        throw faultOf(`the log ${log} cannot be read`, error)
      })
      const judged = summary.same + summary.differing + summary.own + summary.untold.size
      if (judged === 0 && summary.lines > 0)
        throw new Fault(`portcullis: ${log} holds no line of our access log that could be judged`)
      const report = { ...summary, log, policy: options.policy, revision: settings.revision }
      process.stdout.write(options.json === true ? showReplayJson(report) : showReplay(report))
      if (summary.differing > 0) process.exitCode = 1
    })
}
