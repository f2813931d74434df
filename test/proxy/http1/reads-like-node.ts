import fc from 'fast-check'
import { type Answer, answers } from './answers.js'
import { everywhere, type Reading, readNodes, readOurs } from './two-readers.js'

/** What came of the answers that were read twice. */
export interface Seen {
  read: number
  refused: number
  unfinished: number
  /** By reason: refused here, and read by Node's client. */
  readonly stricter: Map<string, number>
}

/** A field line with a value that is not the pattern. */
const otherThan = (name: string, value: string) => new RegExp(`^${name}:[\\t ]*(?!${value}[\\t ]*\\r$)`, 'im')

/**
 * Where Node's client reads what is refused here: by the reason, what the text then has. All other refusals are hers, too.
 */
const STRICTER: Readonly<Record<string, (text: string) => boolean>> = {
  'the status line': (text) =>
    !/^(?:HTTP\/1\.1 1\d\d(?: .*)?\r\n(?:.+\r\n)*\r\n)*HTTP\/1\.[01] [2-9]\d\d(?: .*)?\r\n/.test(text),
  'it switches protocols, which nobody asked for': (text) => /^HTTP\/1\.[01] 101/m.test(text),
  // It depends on the pieces in which that comes.
  'an interim one that ends the connection': (text) =>
    /^HTTP\/1\.0 1/m.test(text) || /^HTTP\/1\.1 1.*?^connection:/ims.test(text),
  'its length': (text) => /^content-length:[\t ]*\d{16}/im.test(text),
  'its framing': (text) =>
    otherThan('transfer-encoding', 'chunked').test(text) ||
    /^HTTP\/1\.0/m.test(text) ||
    (text.match(/^(?:transfer-encoding|content-length):/gim) ?? []).length > 1,
  'the size of a chunk': (text) => /^[\da-f]{13}|^[\da-f]+;.*[="\\]/im.test(text),
  'trailers that frame another message': (text) => /^0.*^(?:content-length|transfer-encoding):/ims.test(text)
}

/** Node's client takes a tab beside a field's value for a part of it, or of nothing; RFC 9110 §5.6.3 does not. */
const FRAMING_LINE = /^(?:content-length|transfer-encoding|connection):.*$/gim
const withoutTabs = (text: string) => text.replaceAll(FRAMING_LINE, (line) => line.replaceAll('\t', ' '))
const told = (reading: Reading) =>
  JSON.stringify(reading, (_key, value) => (typeof value === 'string' ? value.replaceAll('\t', ' ') : value))

async function agree({ method, text }: Answer, cuts: readonly number[], seen: Seen): Promise<void> {
  const wire = Buffer.from(text, 'latin1')
  const ours = readOurs(wire, method, everywhere(wire))
  seen[ours.outcome] += 1

  const inPieces = readOurs(wire, method, cuts)
  const end = ours.outcome === 'read' ? ours.read.end : null
  if (inPieces.outcome === 'read' && end !== null) {
    if (inPieces.read.end === null || inPieces.read.end < end) throw new Error('in pieces it is whole too early')
    inPieces.read.end = end
  }
  if (JSON.stringify(inPieces) !== JSON.stringify(ours)) throw new Error('in pieces it is another answer')

  if (ours.outcome === 'unfinished') return
  const nodes = await readNodes(
    Buffer.from(withoutTabs(text), 'latin1'),
    method,
    ours.outcome === 'read' ? end : undefined
  )
  if (ours.outcome === 'read') {
    if (told(nodes) !== told(ours))
      throw new Error(`Node's client reads another answer: ${told(nodes)}, not ${told(ours)}`)
  } else if (nodes.outcome === 'read') {
    if (STRICTER[ours.why]?.(text) !== true) throw new Error(`Node's client reads what is refused: ${ours.why}`)
    seen.stricter.set(ours.why, (seen.stricter.get(ours.why) ?? 0) + 1)
  }
}

/**
 * Holds the gateway's reader against that of Node's client for so long: what is read, both read as the same answer with
 * the same end, in whatever pieces it comes; rejects with the first answer of which that is not so.
 */
export async function readsLikeNode(mostMs: number, seed?: number): Promise<Seen> {
  const seen: Seen = { read: 0, refused: 0, unfinished: 0, stricter: new Map() }
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(answers, cuts, (answer, where) => {
      const at = where.map((part) => Math.round(part * answer.text.length)).sort((a, b) => a - b)
      return agree(answer, at, seen)
    }),
    { numRuns: 100_000_000, interruptAfterTimeLimit: mostMs, ...(seed === undefined ? {} : { seed }) }
  )
  return seen
}
