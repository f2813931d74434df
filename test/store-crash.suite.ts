import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { openStore, type Store } from '../gateway/store/index.js'
import { addUser, keyOf, newSession, openRaw, rotation, start, temporaryDirectory } from './store/each-store.js'

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const script = fileURLToPath(new URL('./store/store-process.js', import.meta.url))

function spawnProcess(test: Test, command: string, args: readonly string[]): Child {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  test.teardown(() => child.kill('SIGKILL'))
  return child
}

/** Everything that the process has printed so far, as lines of words; cut lines are none. */
function collectLines(child: Child): string[][] {
  const lines: string[][] = []
  createInterface(child.stdout).on('line', (line) => lines.push(line.split(' ')))
  return lines
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    if (waitedMs > 60_000) throw new Error('waited too long')
    await sleep(5)
  }
}

/** Opens a session for each chain, whose first token is `<name>.0`. */
async function openChains(store: Store, chains: readonly string[]): Promise<void> {
  const user = await addUser(store)
  for (const chain of chains) await store.sessions.openSession(newSession(user, `${chain}.0`), 1)
}

t.test('what was confirmed survives kill -9, and no spent token rotates again', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  for (let round = 0; round < 6; round += 1) {
    const chains = Array.from({ length: 4 }, (_, index) => `round${round}-chain${index}`)
    const before = await openStore({ path })
    await openChains(before, chains)
    await before.close()

    const child = spawnProcess(test, process.execPath, [script, 'storm', path, ...chains])
    const lines = collectLines(child)
    await until(() => lines.length > 20)
    await sleep(Math.random() * 60)
    child.kill('SIGKILL')
    await once(child, 'close')

    const after = await openStore({ path })
    test.ok(lines.every(([outcome]) => outcome === 'rotated'))
    for (const chain of chains) {
      const confirmed = lines.filter(([, name]) => name === chain).length
      // The rotation under way when the process died may have happened too: then this is a repeat of it.
      const last = await after.sessions.rotate(rotation(`${chain}.${confirmed}`, 'last'))
      test.ok(last.outcome === 'rotated' || last.outcome === 'repeated', `the last of ${confirmed} is there`)
      for (let spent = 0; spent < confirmed; spent += 1) {
        const { outcome } = await after.sessions.rotate(rotation(`${chain}.${spent}`, 'x'))
        if (outcome !== 'reused' && outcome !== 'refused') test.fail(`token ${spent} of ${confirmed}: ${outcome}`)
        if (!(await after.sessions.endSession(keyOf(`${chain}.${spent}`), start))) test.fail('forgotten')
      }
    }
    await after.close()
  }
})

t.test('of two processes on one file, one rotates each token and the other repeats it', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const store = await openStore({ path })
  test.teardown(() => store.close())
  const chains = Array.from({ length: 40 }, (_, index) => `chain${index}`)
  await openChains(store, chains)
  const tokens = chains.map((chain) => `${chain}.0`)
  const children = [1, 2].map(() => spawnProcess(test, process.execPath, [script, 'race', path, ...tokens]))
  const outputs = children.map(collectLines)
  await until(() => outputs.every((lines) => lines.length === 1))
  for (const child of children) child.stdin.write('go\n')
  await until(() => outputs.every((lines) => lines.length === 1 + tokens.length))

  const lines = outputs.flat()
  for (const token of tokens) {
    const [winner, ...others] = lines.filter(([outcome, name]) => name === token && outcome === 'rotated')
    test.equal(others.length, 0)
    const [repeat] = lines.filter(([outcome, name]) => name === token && outcome === 'repeated')
    test.equal(Buffer.from(repeat?.[3] ?? '', 'hex').toString(), `sealed of ${winner?.[2]}`)
  }
})

t.test('a disk that is full at the commit rejects, and the process goes on when there is room', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const store = await openStore({ path })
  await openChains(store, ['chain'])
  await store.close()
  // No file of the process may pass the limit, in blocks of 512 or 1024 bytes: writing then fails as on a full disk.
  const limited = ['-c', 'ulimit -f 1000; exec "$0" "$@"', process.execPath, script, 'full', path, 'chain']
  const child = spawnProcess(test, 'sh', limited)
  const lines = collectLines(child)
  await until(() => lines.length === 2)
  test.equal(lines[0]?.[0], 'store_unavailable')
  test.ok(Number(lines[0]?.[2]) > 10, 'after some that were confirmed')
  test.same(lines[1], ['answers'], 'reading goes on')

  const operator = await openRaw(path)
  operator.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  operator.close()
  child.stdin.write('there is room\n')
  await until(() => lines.length === 3)
  test.same(lines[2], ['rotated'], 'what was rejected had not happened')
})

t.test('a process says nothing on its terminal of the engine it uses', async (test) => {
  const path = join(temporaryDirectory(test), 'store.db')
  const child = spawnProcess(test, process.execPath, [script, 'race', path])
  let printed = ''
  child.stderr.on('data', (chunk) => {
    printed += chunk
  })
  child.stdin.write('go\n')
  await once(child, 'close')
  test.equal(printed, '')
})
