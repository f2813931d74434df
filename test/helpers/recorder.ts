import type { Test } from 'tap'
import { type RawUpstream, startRawUpstream } from './upstream.js'

export interface Recorder extends RawUpstream {
  /** Every request as it arrived, latin1: one character a byte. */
  readonly requests: () => string[]
  /** The header lines of the last request, the request line first. */
  readonly lastLines: () => string[]
}

/**
 * An upstream that records bytes. It answers each request 200 on a connection of its own, as soon as its header section
 * and its announced body are there; a body that never ends is never answered.
 */
export async function startRecorder(t: Test): Promise<Recorder> {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (isWhole(bytes.toString('latin1')))
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
  })
  const requests = () => upstream.connections.map(({ bytes }) => bytes.toString('latin1')).filter((text) => text !== '')
  return {
    ...upstream,
    requests,
    lastLines: () => (requests().at(-1) ?? '').split('\r\n\r\n')[0]?.split('\r\n') ?? []
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const head = text.slice(0, end).toLowerCase()
  if (/\r\ntransfer-encoding: *chunked/.test(head)) return text.endsWith('0\r\n\r\n')
  return text.length - end - 4 >= Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0)
}
