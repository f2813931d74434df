import { open } from 'node:fs/promises'
import type { Environment } from './interpolation.js'
import type { Result } from './mistakes.js'
import { parseSettings } from './parse-settings.js'
import { reasonOf } from './secret.js'
import type { PolicyLanguage } from './settings.js'
import { largestFile } from './yaml-syntax.js'

/** Reads and parses the file; one that cannot be read is a mistake too, of line 0. */
export async function loadSettings(file: string, environment: Environment, language: PolicyLanguage): Promise<Result> {
  const read = await readSource(file)
  if ('source' in read) return parseSettings(file, read.source, environment, language)
  const nowhere = { line: 0, column: 0, endLine: 0, endColumn: 0, path: '', times: 1, excerpt: [], related: [] }
  const { fault: message, hint = null } = read
  return { mistakes: [{ level: 'mistake', file, ...nowhere, message, hint }], warnings: [] }
}

async function readSource(file: string): Promise<{ source: string } | { fault: string; hint?: string }> {
  try {
    const handle = await open(file)
    try {
      const status = await handle.stat()
      if (status.isDirectory()) return { fault: 'it is a directory', hint: `did you mean ${file}/gateway.yaml?` }
      const chunks: Buffer[] = []
      // Bounded by what is read: a pipe or a device has no size to ask for.
      for await (const chunk of handle.createReadStream({ end: largestFile, autoClose: false })) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length > largestFile) return { fault: 'the file is larger than 4 MiB' }
      return { source: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof TypeError) return { fault: 'the file is not UTF-8 text' }
    return { fault: reasonOf(error) }
  }
}
