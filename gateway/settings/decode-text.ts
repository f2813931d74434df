/** What editors and PowerShell write at the start of a file in UTF-16, in either order of its bytes. */
const UTF16_MARKS = ['fffe', 'feff']

/** RFC 1952 §2.3.1. No text in UTF-8 begins so. */
const GZIP_MARK = '1f8b'

/** The text of bytes in UTF-8, without the mark that may stand before it; or what they are instead. */
export function decodeText(
  bytes: Uint8Array
): { readonly text: string } | { readonly fault: string; readonly hint: string | null } {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(2, bytes.length)).toString('hex')
  // Without a mark, every other byte of what is mostly ASCII is zero; no text that is meant for us begins so.
  if (UTF16_MARKS.includes(start) || (bytes.length > 1 && (bytes[0] === 0) !== (bytes[1] === 0)))
    return { fault: 'the file is UTF-16', hint: 'save it as UTF-8' }
  if (start === GZIP_MARK) return { fault: 'the file is compressed', hint: 'gunzip it' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { fault: 'the file is not UTF-8 text', hint: null }
  }
}
