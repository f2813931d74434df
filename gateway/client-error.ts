import { type IncomingMessage, METHODS, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Problem, type ProblemCode, problemBody, problemFields, problems } from './problems.js'

const CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout'
}

/** How long a refused client may take to read why; closing at once would reset the connection under the answer. */
const LINGER_MS = 500

/** The response that has its turn on a connection, and the request that is still coming; Node keeps them nowhere else. */
type Connection = Duplex & {
  readonly _httpMessage?: ServerResponse | null
  readonly parser?: { readonly incoming: IncomingMessage | null } | null
}

type BytesError = Error & { readonly code?: string; readonly bytesParsed?: number; readonly rawPacket?: unknown }

/**
 * RFC 9110 §15.5.15: whether it was the request target at which the header section became too long. That can be told as
 * far as its line is in the piece that was being read: the parser's error is the same for every part of the section.
 */
function isInTarget({ rawPacket, bytesParsed }: BytesError): boolean {
  if (!Buffer.isBuffer(rawPacket)) return false
  const read = rawPacket.toString('latin1', 0, bytesParsed)
  // No field name is followed by a blank; but where the piece begins amid a line, a word of its value may be.
  const [, method = ''] = /^([A-Z-]+) [^ ]*$/.exec(read.slice(read.lastIndexOf('\n') + 1)) ?? []
  return METHODS.includes(method)
}

const codeOf = (error: BytesError): ProblemCode => {
  const code = CODES[error.code ?? ''] ?? 'invalid_request'
  return code === 'headers_too_large' && isInTarget(error) ? 'target_too_long' : code
}

/** A client that leaves in the middle of a body: the request has come, and is accounted for by itself. */
const isEndOfBody = ({ code }: { readonly code?: string }, { parser }: Connection) =>
  code === 'HPE_INVALID_EOF_STATE' && parser?.incoming?.complete === false

function writeProblem(problem: Problem, requestId: string): string {
  const body = JSON.stringify(problemBody(problem, { requestId, decisionId: null }))
  const { status } = problems[problem.code]
  const fields = Object.entries(problemFields(problem)).map(([name, value]) => `${name}: ${value}\r\n`)
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  )
}

/**
 * Makes the listeners for what never becomes a request of the application. No hook runs for it, so the refusal is
 * written here, whole, and the connection ends: what follows on it cannot be told apart from the rest of a malformed
 * message (RFC 9112 §2.2).
 */
export function createRawRefusals(nextId: () => string, onRefused: (code: ProblemCode, requestId: string) => void) {
  const refused = new WeakSet<Duplex>()

  function refuse(connection: Connection, problem: Problem): void {
    // Whatever comes after malformed bytes is an error too, and the same one.
    if (refused.has(connection)) return
    refused.add(connection)
    const requestId = nextId()
    onRefused(problem.code, requestId)
    answer(connection, writeProblem(problem, requestId))
  }

  /** Answers in its turn: requests that came whole before are answered first, and no answer is cut by another. */
  function answer(connection: Connection, text: string): void {
    const turn = connection._httpMessage ?? null
    if (!connection.writable) return
    // The rest of a body is malformed whose request has its answer already: a proxy before us would take a second one
    // for that of the next request.
    if (turn === null && connection.parser?.incoming?.complete === false) end(connection)
    else if (turn?.req.complete) turn.once('close', () => answer(connection, text))
    else if (turn?.headersSent) connection.destroy()
    else end(connection, text)
  }

  function end(connection: Connection, text = ''): void {
    connection.end(text)
    setTimeout(() => connection.destroy(), LINGER_MS).unref()
  }

  return {
    /** For `clientError`: bytes that are no HTTP request. */
    refuseBytes(error: BytesError, connection: Duplex): void {
      // What came to nothing before it was HTTP is ended already.
      if (error.code === 'ECONNRESET' || connection.destroyed || isEndOfBody(error, connection)) connection.destroy()
      else refuse(connection, new Problem(codeOf(error)))
    },
    /** For `connect`: a tunnel is another kind of proxy. */
    refuseTunnel(_request: IncomingMessage, connection: Duplex): void {
      // Node has taken its own listeners off, those of an earlier request's answer too. What follows is nobody's, and
      // is read so that a client that leaves is noticed.
      connection.on('error', () => connection.destroy())
      connection.on('end', () => connection.destroy())
      connection.on('drain', () => (connection as Connection)._httpMessage?.emit('drain'))
      connection.resume()
      refuse(connection, new Problem('method_not_allowed', { allow: [] }))
    }
  }
}
