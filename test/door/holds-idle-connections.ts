import { connect } from 'node:net'

/**
 * A process that opens connections, asks for something on each, keeps them, and says how many were answered and how many
 * are closed: as `{"answered":n,"closed":n}`, whenever a line comes in.
 */
const [port = '', number = ''] = process.argv.slice(2)
const state = { answered: 0, closed: 0 }
/** The system's queue for connections that nobody has accepted yet is short. */
const AT_ONCE = 200

function open(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write('GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n')
    )
    let isAnswered = false
    socket.on('data', () => {
      if (!isAnswered) state.answered += 1
      isAnswered = true
      resolve()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      state.closed += 1
      resolve()
    })
  })
}

async function openMany(): Promise<void> {
  for (let left = Number(number); left > 0; left -= AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, open))
}

await openMany()
const tell = () => process.stdout.write(`${JSON.stringify(state)}\n`)
tell()
process.stdin.on('data', tell).on('end', () => process.exit())
