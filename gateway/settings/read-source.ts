import { constants, open } from 'node:fs/promises'
import { decodeText } from './decode-text.js'
import type { Mistake } from './mistakes.js'
import { reasonOf } from './secret.js'
import { largestFile } from './yaml-syntax.js'

export interface Unreadable {
  readonly fault: string
  readonly hint?: string
}

/** Pipes of processes, as of `<(…)`, have somebody who writes. */
const ofProcesses = /^\/(?:dev|proc)\//

/** The text of a file, of bounded size, or why there is none; never rejects, nor waits for what may never come. */
export async function readSource(file: string): Promise<{ readonly source: string } | Unreadable> {
  try {
    // To open a pipe that nobody writes to would take for ever, and a thread with it.
    const isOfProcess = ofProcesses.test(file)
    const handle = await open(file, constants.O_RDONLY | (isOfProcess ? 0 : constants.O_NONBLOCK))
    try {
      const status = await handle.stat()
      if (status.isFIFO() && !isOfProcess) return { fault: 'it is a pipe' }
      if (status.isDirectory()) return { fault: 'it is a directory', hint: `did you mean ${file}/gateway.yaml?` }
      const chunks: Buffer[] = []
      // Bounded by what is read: a pipe or a device has no size to ask for.
      for await (const chunk of handle.createReadStream({ end: largestFile, autoClose: false })) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length > largestFile) return { fault: 'the file is larger than 4 MiB' }
      const decoded = decodeText(bytes)
      if ('text' in decoded) return { source: decoded.text }
      return { fault: decoded.fault, ...(decoded.hint === null ? {} : { hint: decoded.hint }) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    return { fault: reasonOf(error) }
  }
}

/** A mistake of a file as a whole, of line 0. */
export function mistakeOfFile(
  file: string,
  { fault: message, hint = null }: { fault: string; hint?: string | null }
): Mistake {
  const nowhere = { line: 0, column: 0, endLine: 0, endColumn: 0, path: '', times: 1, excerpt: [], related: [] }
  return { level: 'mistake', file, ...nowhere, message, hint }
}
