import { readdirSync } from 'node:fs'
import t from 'tap'
import { readFolder, sweepFolder, writeIndex } from '../../gateway/tokens/key-folder.js'
import type { KeyEntry } from '../../gateway/tokens/key-schedule.js'
import { makeKeyFolder } from './some-keys.js'

const entries = (keyId: string): KeyEntry[] => [
  {
    keyId,
    algorithm: 'ES256',
    state: 'retired',
    publishedAt: 1,
    promoteAt: null,
    activatedAt: 1,
    until: 2,
    lifetimeSeconds: 60
  }
]

t.test('an index is written after the one that was read, or not at all', async (t) => {
  const path = makeKeyFolder(t)
  t.equal(readFolder(path).entries, null)
  t.equal(writeIndex(path, 0, entries('first')), true)
  t.equal(writeIndex(path, 0, entries('second')), false, 'who read the same one is too late')
  t.same(readFolder(path), { number: 1, entries: entries('first'), files: [], refused: [] })
  t.equal(writeIndex(path, 1, entries('second')), true)
  t.equal(writeIndex(path, 2, entries('third')), true)
  sweepFolder(path, readFolder(path))
  t.same(readdirSync(path), ['keyring-000003.json'], 'what is not in force is swept away')
  t.equal(writeIndex(path, 0, entries('late')), false, 'the free name of an old index is no way in')
  t.equal(writeIndex(path, 1, entries('late')), false)
  t.same(readdirSync(path), ['keyring-000003.json'], 'and nothing is left of the attempt')
  t.same(readFolder(path).entries, entries('third'))
})
