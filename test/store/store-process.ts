/** A process of its own that uses a store until it is killed: it prints a line for whatever has been confirmed. */

import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { openStore, type Store } from '../../gateway/store/index.js'
import { rotation } from './each-store.js'

const print = (...words: readonly string[]) => writeSync(1, `${words.join(' ')}\n`)

/** Rotates each chain on and on; the tokens of a chain are `<name>.<number>`, from 0. */
async function rotateForEver(store: Store, chains: readonly string[]): Promise<void> {
  const follow = async (chain: string) => {
    for (let index = 0; ; index += 1) {
      const { outcome } = await store.sessions.rotate(rotation(`${chain}.${index}`, `${index + 1}`))
      print(outcome, chain, `${index}`)
      if (outcome !== 'rotated') return
    }
  }
  await Promise.all(chains.map(follow))
}

/** Rotates each token once, all at the same time, into a successor that only this process would choose. */
async function rotateOnce(store: Store, tokens: readonly string[]): Promise<void> {
  print('ready')
  await once(process.stdin, 'data')
  const rotateOne = async (token: string) => {
    const outcome = await store.sessions.rotate(rotation(token, `of ${process.pid}`))
    const seal = outcome.outcome === 'repeated' ? Buffer.from(outcome.sealedSuccessor).toString('hex') : ''
    print(outcome.outcome, token, `${process.pid}`, seal)
  }
  await Promise.all(tokens.map(rotateOne))
  await store.close()
  process.stdin.destroy()
}

/** Rotates until the disk is full, says what still works, and goes on when told that there is room. */
async function rotateUntilFull(store: Store, chain: string): Promise<void> {
  let index = 0
  const follow = async () => {
    for (; ; index += 1) await store.sessions.rotate(rotation(`${chain}.${index}`, `${index + 1}`))
  }
  await follow().catch((error: { code: string }) => print(error.code, chain, `${index}`))
  await store.ping()
  print('answers')
  await once(process.stdin, 'data')
  print((await store.sessions.rotate(rotation(`${chain}.${index}`, `${index + 1}`))).outcome)
  await store.close()
  process.stdin.destroy()
}

const [role, path = '', ...names] = process.argv.slice(2)
const store = await openStore({ path })
if (role === 'storm') await rotateForEver(store, names)
if (role === 'race') await rotateOnce(store, names)
if (role === 'full') await rotateUntilFull(store, names[0] ?? '')
