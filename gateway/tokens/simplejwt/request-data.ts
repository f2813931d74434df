import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Response } from 'undici'
import { Problem } from '../../problems.js'
import { namesMembersOnce } from '../strict-json.js'
import { FrameworkRefusal, parseError } from './framework-refusal.js'

/** Fields of a request by name, of whatever type the body gave them; a file of a form is one of no type at all. */
export type RequestData = ReadonlyMap<string, unknown>

const NO_DATA: RequestData = new Map()

/** Names a type as Python does. */
function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'string') return 'str'
  if (typeof value === 'boolean') return 'bool'
  return Number.isInteger(value) ? 'int' : 'float'
}

const nonField = (words: string) => new FrameworkRefusal('invalid_request', { non_field_errors: [words] })

function parseJson(body: Buffer): RequestData {
  if (!isUtf8(body)) throw parseError('JSON', 'the body is not UTF-8')
  const text = body.toString('utf8')
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

/** Bounded as any body is; files are not kept, and no field of ours is one. */
async function parseMultipart(body: Buffer, contentType: string): Promise<RequestData> {
  try {
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
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

/** What a request brings, as DRF's parsers for JSON, forms and multipart forms read it. */
export async function readData({ body, headers }: FastifyRequest): Promise<RequestData> {
  // Of a body that is empty nobody asks the type.
  if (!Buffer.isBuffer(body) || body.length === 0) return NO_DATA
  const contentType = headers['content-type'] ?? ''
  switch (contentType.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/json':
      return parseJson(body)
    case 'application/x-www-form-urlencoded':
      return collect('Form', new URLSearchParams(body.toString('utf8')))
    case 'multipart/form-data':
      return parseMultipart(body, contentType)
    default:
      throw new Problem('unsupported_media_type')
  }
}
