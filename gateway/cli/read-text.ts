import { readFile } from 'node:fs/promises'
import { decodeText } from '../settings/index.js'

/** The text of a file in UTF-8, or what it is instead, in words that name no part of it. Rejects as `readFile` does. */
export async function readText(file: string): Promise<{ readonly text: string } | { readonly fault: string }> {
  const decoded = decodeText(await readFile(file))
  if ('text' in decoded) return decoded
  return { fault: decoded.hint === null ? decoded.fault : `${decoded.fault}: ${decoded.hint}` }
}
