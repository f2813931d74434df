// A process that does nothing but verify one password hash, for bench-login.mjs. `node bench-hash.mjs <hash> <password>`:
// told for how many seconds, it answers how often it did. With a port as well: whenever a bare Fastify endpoint is asked.
import { join } from 'node:path'
import { repeat } from './bench-rounds.mjs'
import { root } from './ready.mjs'

const { readHash } = await import(join(root, 'dist', 'gateway', 'users', 'hash-formats', 'read-hash.js'))
const [passwordHash, password, port] = process.argv.slice(2)
const hash = readHash(passwordHash)

const verify = async (typed) => {
  if (!(await hash.verify(typed))) throw new Error('the password does not fit')
}

async function serve() {
  const { default: fastify } = await import('fastify')
  const app = fastify({ logger: false })
  app.post('/', async ({ body }) => {
    await verify(body.password)
    return { verified: true }
  })
  app.post('/warm', async () => ({ verified: false }))
  await app.listen({ port: Number(port), host: '127.0.0.1' })
}

if (port === undefined)
  process.on('message', async (seconds) => process.send(await repeat(() => verify(password), seconds)))
else await serve()
process.send('ready')
