import { type Dispatcher, request } from 'undici'
import { readJsonObject } from './strict-json.js'

/** How a fetch from an issuer ended, for the metric; everything but `success` leaves what was known in force. */
export type FetchResult = 'success' | 'unreachable' | 'refused' | 'too_large' | 'malformed'

/** A document could not be had; the message is for the operator's log. */
export class FetchFailed extends Error {
  override name = 'FetchFailed'
  readonly result: Exclude<FetchResult, 'success'>

  constructor(result: Exclude<FetchResult, 'success'>, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.result = result
  }
}

export interface FetchLimits {
  readonly timeoutMs: number
  readonly mostOctets: number
}

export interface FetchedJson {
  readonly document: Readonly<Record<string, unknown>>
  /** `max-age` of the answer (RFC 9111 §5.2.2.1), in milliseconds; null: it has none. */
  readonly maxAgeMs: number | null
}

async function readBody({ body }: Dispatcher.ResponseData, mostOctets: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    octets += chunk.byteLength
    // Leaving the loop ends the stream, and with it the connection.
    if (octets > mostOctets) throw new FetchFailed('too_large', `the document is longer than ${mostOctets} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function readMaxAge({ headers }: Dispatcher.ResponseData): number | null {
  const [, seconds] = /(?:^|[\s,])max-age="?(\d{1,9})\b/i.exec(String(headers['cache-control'] ?? '')) ?? []
  return seconds === undefined ? null : Number(seconds) * 1000
}

/**
 * A JSON object from a URL of the settings, or of a document found there. Bounded in time and size, and follows no
 * redirect: where keys come from is for the operator to say. Rejects with FetchFailed, or when `signal` aborts.
 */
export async function fetchJson(url: string, limits: FetchLimits, signal: AbortSignal): Promise<FetchedJson> {
  try {
    // Not `fetch`: that follows redirects unless told, decompresses without bounds, and refuses some ports (6000, 10080).
    const response = await request(url, {
      headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'portcullis' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)])
    })
    if (response.statusCode !== 200) {
      response.body.on('error', () => {}).destroy()
      throw new FetchFailed('refused', `${url} answered ${response.statusCode}`)
    }
    const document = readJsonObject(await readBody(response, limits.mostOctets))
    if (document === null) throw new FetchFailed('malformed', `${url} is no JSON object that reads only one way`)
    return { document, maxAgeMs: readMaxAge(response) }
  } catch (error) {
    if (error instanceof FetchFailed) throw error
    throw new FetchFailed('unreachable', `${url} cannot be fetched`, error)
  }
}
