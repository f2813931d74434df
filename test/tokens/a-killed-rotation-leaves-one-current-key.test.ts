import { spawn } from 'node:child_process'
import { readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createKeyring } from '../../gateway/tokens/index.js'
import { alice, directory, makeKeyFolder, tokensOf } from './some-keys.js'

const SCRIPT = join(import.meta.dirname, 'rotate-until-killed.js')

/** Kills a rotating process `afterMs` after its first word; the keys that it said sign. */
function rotateAndKill(path: string, afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), afterMs))
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    child.once('error', reject)
    child.once('close', () => resolve(said.slice(0, said.lastIndexOf('\n')).split('\n')))
  })
}

t.test('however often a rotation is killed, the folder loads with exactly one current key', async (t) => {
  const path = makeKeyFolder(t)
  let rotations = 0
  for (let round = 0; round < 10; round += 1) {
    const said = await rotateAndKill(path, 5 + Math.random() * 400)
    rotations += said.length
    const keyring = await createKeyring(directory(path), 'ES256')
    const byState = (wanted: string) => keyring.list().filter(({ state }) => state === wanted)
    t.equal(byState('current').length, 1, `round ${round}: ${said.length} rotations`)
    t.ok(byState('next').length <= 1, 'at most one key was on its way')
    const last = keyring.list().find(({ keyId }) => keyId === said.at(-1))
    t.ok(last?.state === 'current' || last?.state === 'retiring', 'what the last confirmed key signed is good')
    const tokens = tokensOf(keyring)
    t.type(tokens.verify(tokens.issue(alice, 'session').token), 'object')
    t.equal(keyring.jwks().keys.length, keyring.list().filter(({ state }) => state !== 'retired').length)
    await keyring.rotate(true)
    t.equal(byState('current').length, 1)
    for (const name of readdirSync(path)) t.equal(statSync(join(path, name)).mode & 0o077, 0, `${name} is closed`)
  }
  t.ok(rotations > 10, `${rotations} keys have signed in all`)

  const old = Date.now() / 1000 - 120
  for (const name of readdirSync(path)) if (name.startsWith('.')) utimesSync(join(path, name), old, old)
  await (await createKeyring(directory(path), 'ES256')).rotate(true)
  t.same(
    readdirSync(path).filter((name) => name.startsWith('.')),
    [],
    'what was left half-written is cleared away'
  )
  t.equal(readdirSync(path).filter((name) => name.endsWith('.json')).length, 1)
})
