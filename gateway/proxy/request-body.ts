import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Problem } from '../problems.js'

const tooLarge = (most: number) => new Problem('too_large', { detail: `A body may have ${most} octets here.` })

/** Refuses a body that says itself that it has more than `most` octets; null: as many as it likes. */
export function refuseLargeBody({ headers }: IncomingMessage, most: number | null): void {
  if (most !== null && Number(headers['content-length'] ?? 0) > most) throw tooLarge(most)
}

/**
 * A request's body as a stream of its own. The upstream client destroys the stream it sends when the upstream fails
 * or answers early; destroying an IncomingMessage would end the client's connection before it could read the answer.
 * A client that leaves in the middle makes this stream fail, so that a truncated body never looks whole upstream;
 * so does one of more than `most` octets, of which the last piece goes nowhere.
 */
export function createRequestBody(request: IncomingMessage, most: number | null = null): Readable {
  let left = most ?? Number.POSITIVE_INFINITY
  const body = new Readable({
    read() {
      request.resume()
    },
    destroy(error, callback) {
      request.off('data', onData)
      request.off('end', onEnd)
      request.off('close', onClose)
      // What is left of a body nobody wants is read and thrown away, so that the answer can be read.
      request.resume()
      callback(error)
    }
  })
  const onData = (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) body.destroy(tooLarge(most ?? 0))
    else if (!body.push(chunk)) request.pause()
  }
  const onEnd = () => body.push(null)
  const onClose = () => {
    if (!request.complete) body.destroy(new Problem('invalid_request', { detail: 'The body broke off.' }))
  }
  request.on('data', onData)
  request.on('end', onEnd)
  request.on('close', onClose)
  request.pause()
  return body
}
