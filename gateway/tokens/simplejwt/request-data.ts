import { TextDecoder } from 'node:util'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Response } from 'undici'
import { Problem } from '../../problems.js'
import { namesMembersOnce } from '../strict-json.js'
import { FrameworkRefusal, parseError } from './framework-refusal.js'

/** Fields of a request by name, of whatever type the body gave them; a file of a form is one of no type at all. */
export type RequestData = ReadonlyMap<string, unknown>

const CHARSET = /;\s*charset="?([\w.:-]+)/i

const NO_DATA: RequestData = new Map()

/** Names a type as Python does. */
function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(value) ? 'int' : 'float'
}

const nonField = (words: string) => new FrameworkRefusal('invalid_request', { non_field_errors: [words] })

/** What decodes the charset that a type names; UTF-8 where it names none, or one that nobody knows. */
function decoderOf(contentType: string): TextDecoder {
  const [, charset = 'utf-8'] = CHARSET.exec(contentType) ?? []
  // Python knows some of them by other spellings.
  for (const label of [charset, charset.replace(/[-_]/g, '')]) {
    try {
      return new TextDecoder(label, { fatal: true, ignoreBOM: label.toLowerCase() === 'utf-8' })
    } catch {}
  }
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
}

function decode(body: Buffer, contentType: string): string {
  const decoder = decoderOf(contentType)
  try {
    return decoder.decode(body)
  } catch {
    throw parseError('JSON', `the body is not ${decoder.encoding.toUpperCase()}`)
  }
}

function parseJson(body: Buffer, contentType: string): RequestData {
  const text = decode(body, contentType)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw parseError('JSON', error instanceof Error ? 'the body is not valid JSON' : '')
  }
  if (value === null) throw nonField('No data provided')
  if (typeof value !== 'object' || Array.isArray(value))
    throw nonField(`Invalid data. Expected a dictionary, but got ${pythonType(value)}.`)
  // RFC 8259 §4: whoever looked before us may have read the other one.
  if (!namesMembersOnce(text)) throw parseError('JSON', 'a name stands twice')
  return new Map(Object.entries(value))
}

function collect(what: string, pairs: Iterable<readonly [string, unknown]>): RequestData {
  const data = new Map<string, unknown>()
  for (const [name, value] of pairs) {
    if (data.has(name)) throw parseError(what, 'a name stands twice')
    data.set(name, value)
  }
  return data
}

/** A form in the charset that its type names, escapes too, as Python reads it: octets that are none pass for Latin-1. */
function parseForm(body: Buffer, contentType: string): RequestData {
  const { encoding } = decoderOf(contentType)
  const lenient = new TextDecoder(encoding, { ignoreBOM: true })
  const decodeEscapes = (text: string) =>
    text
      .replaceAll('+', ' ')
      .replace(/(?:%[0-9a-f]{2})+/gi, (octets) => lenient.decode(Buffer.from(octets.replaceAll('%', ''), 'hex')))
  const pairs = decodeForm(body, encoding).split('&').filter(Boolean)
  return collect(
    'Form',
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [decodeEscapes(name), decodeEscapes(value.join('='))]
    })
  )
}

function decodeForm(body: Buffer, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return body.toString('latin1')
  }
}

/** Bounded as any body is; files are not kept, and no field of ours is one. */
async function parseMultipart(body: Buffer, contentType: string): Promise<RequestData> {
  try {
    const form = await new Response(body, {
      headers: { 'content-type': contentType.replace(/^[^;]*/, 'multipart/form-data') }
    }).formData()
    return collect('Multipart form', form.entries())
  } catch (error) {
    if (error instanceof Problem) throw error
    throw parseError('Multipart form', 'the body is not as its type says')
  }
}

/** Takes bodies of every type as they come: what DRF makes of a type, `readData` knows. */
export function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => body)
}

const PARSERS: readonly (readonly [
  string,
  (body: Buffer, contentType: string) => RequestData | Promise<RequestData>
])[] = [
  ['application/json', parseJson],
  ['application/x-www-form-urlencoded', parseForm],
  ['multipart/form-data', parseMultipart]
]

/** As DRF finds a parser: `*` in either half stands for whatever is read there (rest_framework/utils/mediatypes.py). */
function matches(contentType: string, parsed: string): boolean {
  const [type = ''] = contentType.split(';', 1)
  const [main, sub] = type.trim().toLowerCase().split('/')
  const [parsedMain, parsedSub] = parsed.split('/')
  return (main === '*' || main === parsedMain) && (sub === '*' || sub === parsedSub)
}

/** What a request brings, as DRF's parsers for JSON, forms and multipart forms read it. */
export async function readData({ body, headers }: FastifyRequest): Promise<RequestData> {
  // Of a body that is empty nobody asks the type.
  if (!Buffer.isBuffer(body) || body.length === 0) return NO_DATA
  const contentType = headers['content-type'] ?? ''
  const parse = PARSERS.find(([type]) => matches(contentType, type))?.[1]
  if (parse === undefined) throw new Problem('unsupported_media_type')
  return parse(body, contentType)
}
