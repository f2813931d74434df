// A process that does nothing but verify one password hash, for bench-login.mjs: told for how many seconds, it answers
// how often it did. node bench-hash.mjs <hash> <password>
import { join } from 'node:path'
import { repeat } from './bench-rounds.mjs'
import { root } from './ready.mjs'

const { readHash } = await import(join(root, 'dist', 'gateway', 'users', 'hash-formats', 'read-hash.js'))
const [passwordHash, password] = process.argv.slice(2)
const hash = readHash(passwordHash)

const verify = async () => {
  if (!(await hash.verify(password))) throw new Error('the password does not fit')
}
process.on('message', async (seconds) => process.send(await repeat(verify, seconds)))
process.send('ready')
