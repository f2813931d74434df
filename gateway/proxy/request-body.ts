import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Problem } from '../problems.js'

/**
 * A request's body as a stream of its own. The upstream client destroys the stream it sends when the upstream fails
 * or answers early; destroying an IncomingMessage would end the client's connection before it could read the answer.
 * A client that leaves in the middle makes this stream fail, so that a truncated body never looks whole upstream.
 */
export function createRequestBody(request: IncomingMessage): Readable {
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
    if (!body.push(chunk)) request.pause()
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
