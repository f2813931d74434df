import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Fault, faultOf } from './fault.js'

/** What a unix socket's address can hold (sun_path), less a reserve for the terminating zero. */
const LONGEST_ADDRESS = 100

export interface OperatorSocket {
  /** What to bind or connect to; may lead through a descriptor where the path itself is too long. */
  readonly address: string
  readonly path: string
  readonly release: () => void
}

/** The operator's socket in a data folder, which must be there. */
function operatorSocket(dataDirectory: string): OperatorSocket {
  const path = join(dataDirectory, 'portcullis.sock')
  if (Buffer.byteLength(path) <= LONGEST_ADDRESS || process.platform !== 'linux') {
    return { address: path, path, release() {} }
  }
  // The kernel's way around the length: the folder as an open descriptor.
  const descriptor = openSync(dataDirectory, 'r')
  return { address: `/proc/self/fd/${descriptor}/portcullis.sock`, path, release: () => closeSync(descriptor) }
}

/** Whether a gateway answers there. */
function isAnswered(socket: OperatorSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket.address)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}

/** Makes the data folder (0700) and clears a socket that a killed gateway left; a Fault when another gateway is at work. */
export async function claimDataDirectory(dataDirectory: string): Promise<OperatorSocket> {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const socket = operatorSocket(dataDirectory)
  if (await isAnswered(socket)) {
    socket.release()
    throw new Fault(`portcullis: another gateway is at work on ${dataDirectory}`)
  }
  rmSync(socket.path, { force: true })
  return socket
}

/** Only the owner may connect; the folder is closed to others as well, from before the socket existed. */
export function closeToOthers(socket: OperatorSocket): void {
  chmodSync(socket.path, 0o600)
}

export interface OperatorClient {
  /** The parsed answer of one verb; a refusal is a Fault with the gateway's words. */
  readonly call: (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => Promise<unknown>
  readonly close: () => void
}

/** Speaks to the gateway that runs on a data folder; null when none does. */
export async function connectOperator(dataDirectory: string): Promise<OperatorClient | null> {
  let socket: OperatorSocket
  try {
    socket = operatorSocket(dataDirectory)
  } catch {
    return null
  }
  if (!(await isAnswered(socket))) {
    socket.release()
    return null
  }
  return {
    async call(method, path, body) {
      const { status, content } = await exchange(socket, method, path, body)
      if (status < 400) return content
      throw new Fault(`portcullis: ${(content as { message?: string }).message ?? `the gateway answered ${status}`}`)
    },
    close: () => socket.release()
  }
}

function exchange({ address }: OperatorSocket, method: string, path: string, body: object | undefined) {
  return new Promise<{ status: number; content: unknown }>((resolve, reject) => {
    const fail = (error: unknown) => reject(faultOf('the running gateway did not answer', error))
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const call = request({ socketPath: address, method, path, headers, agent: false }, async (answer) => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        resolve({ status: answer.statusCode ?? 0, content: JSON.parse(Buffer.concat(chunks).toString('utf8')) })
      } catch (error) {
        fail(error)
      }
    })
    call.on('error', fail)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
