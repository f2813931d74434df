import { connect } from 'node:net'

export interface RawAnswer {
  /** 0 when nothing that looks like a response came. */
  readonly status: number
  readonly head: string
  readonly body: string
  /** Everything, as latin1: one character a byte. */
  readonly text: string
  /** Whether the gateway ended the connection. */
  readonly closed: boolean
}

/** A quiet is waited for in so many pieces. */
const PIECES = 5

/**
 * Calls `act` after so long, and not before the loop of this process has turned so often: most gateways live in it, and
 * while it stands still they are not quiet.
 */
function afterQuiet(quietMs: number, act: () => void): () => void {
  let left = PIECES
  let timer = setTimeout(wait, quietMs / PIECES)
  function wait() {
    left -= 1
    if (left === 0) act()
    else timer = setTimeout(wait, quietMs / PIECES)
  }
  return () => clearTimeout(timer)
}

/**
 * Sends bytes that no HTTP client would send and collects what comes back, until the gateway closes or has been quiet
 * for `quietMs` after an answer. Text is sent as latin1: one byte a character.
 */
export function sendRaw(port: number, bytes: string | Buffer, quietMs = 150, timeoutMs = 5_000): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let stopWaiting = () => {}
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    })
    const limit = setTimeout(() => finish(false), timeoutMs)
    function finish(closed: boolean) {
      clearTimeout(limit)
      stopWaiting()
      socket.destroy()
      const text = Buffer.concat(chunks).toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0)
      resolve({
        status,
        head: end === -1 ? text : text.slice(0, end),
        body: end === -1 ? '' : text.slice(end + 4),
        text,
        closed
      })
    }
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      stopWaiting()
      stopWaiting = afterQuiet(quietMs, () => finish(false))
    })
    socket.on('end', () => finish(true))
    socket.on('close', () => finish(true))
    socket.on('error', () => finish(true))
  })
}

/** A raw GET with more header lines, for what only the header section is about. */
export const rawGet = (path: string, ...lines: readonly string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
