import { createServer } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Address } from '../settings/index.js'
import { faultOf } from './fault.js'

const shown = ({ host, port }: Address) => `${host.includes(':') ? `[${host}]` : host}:${port}`

const faultAt = (what: string, address: Address, error: unknown) =>
  faultOf(`${what} cannot listen on ${shown(address)}`, error)

/** Listens, and answers the URL as it really is; a Fault that names `what` when it cannot. */
export async function listenAt(app: FastifyInstance, address: Address, what: string): Promise<string> {
  try {
    const url = await app.listen({ host: address.host, port: address.port })
    // Fastify does not know what a server that it did not make speaks.
    return app.server instanceof TlsServer ? url.replace(/^http:/, 'https:') : url
  } catch (error) {
    throw faultAt(what, address, error)
  }
}

/** A Fault when an address cannot be listened on: told before anything else is opened or made. */
export async function refuseTaken(address: Address, what: string): Promise<void> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address.host, port: address.port }, resolve)
    })
  } catch (error) {
    throw faultAt(what, address, error)
  }
  await new Promise((resolve) => server.close(resolve))
}
