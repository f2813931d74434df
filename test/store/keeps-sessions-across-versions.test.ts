import { join } from 'node:path'
import t from 'tap'
import { openDatabase } from '../../gateway/store/database-file.js'
import { loadDriver, type OpenConnection } from '../../gateway/store/driver.js'
import { openStore } from '../../gateway/store/index.js'
import { applicationId, steps } from '../../gateway/store/schema.js'
import { hashOf, keyOf, openRaw, rotation, sealOf, start, temporaryDirectory, within } from './each-store.js'

/** A file of the fourth version, in which every token was kept in a table of its own, by its hash. */
async function openFourth(path: string) {
  const old = await openRaw(path)
  for (const step of steps.slice(0, 4)) old.exec(step)
  old.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 4`)
  old.exec(`INSERT INTO users (id, username, password_hash, roles, attributes, created_at, password_changed_at)
    VALUES ('1', 'ada', '$argon2id$1', '["user"]', '{}', 5, 5)`)
  const session = old.prepare(`INSERT INTO sessions (id, user_id, current_hash, previous_hash, sealed_current,
    sealed_until, created_at, last_used_at, idle_expires_at, absolute_expires_at, access_until, address, user_agent)
    VALUES (?1, '1', ?2, ?3, ?4, ?5 + 10, ?5, ?5, ?5 + 1000, ?5 + 1000, ?5 + 900, '192.0.2.1', 'tap')`)
  const token = old.prepare('INSERT INTO refresh_tokens (hash, session_id) VALUES (?, ?)')
  const addSession = (id: string, ...tokens: readonly string[]) => {
    const [current, previous] = tokens.toReversed().map((name) => hashOf(`${id}.${name}`))
    session.run(
      id,
      current ?? null,
      previous ?? null,
      previous === undefined ? null : sealOf(tokens.at(-1) ?? ''),
      start
    )
    for (const name of tokens) token.run(hashOf(`${id}.${name}`), id)
  }
  return { old, addSession }
}

t.test('sessions of the fourth version go on, and their spent tokens stay spent', async (t) => {
  const path = join(temporaryDirectory(t), 'store.db')
  const { old, addSession } = await openFourth(path)
  for (const id of ['goes-on', 'repeats', 'stolen']) addSession(id, 'first', 'second', 'third')
  addSession('fresh', 'first')
  old.close()

  const store = await openStore({ path })
  t.teardown(() => store.close())
  const { sessions } = store
  t.match(await sessions.rotate(rotation('fresh.first', 'second')), { outcome: 'rotated' })
  t.match(await sessions.rotate(rotation('repeats.second', 'x')), {
    outcome: 'repeated',
    sealedSuccessor: sealOf('third')
  })
  t.match(await sessions.rotate(rotation('goes-on.third', 'fourth')), { outcome: 'rotated' })
  t.match(await sessions.rotate(rotation('stolen.first', 'loot')), { outcome: 'reused', session: { id: 'stolen' } })
  for (const name of ['first', 'second']) {
    t.match(await sessions.endSession(keyOf(within('goes-on.', name)), start + 1), { id: 'goes-on' })
  }
})

/** As a disk that is full when pages have to leave memory before the commit, upon which SQLite rolls back by itself. */
function fullInTheMiddle(open: OpenConnection): OpenConnection {
  return (path) => {
    const database = open(path)
    const exec = (sql: string) => {
      database.exec(sql)
      if (!sql.includes('INSERT INTO spent_tokens')) return
      database.exec('ROLLBACK')
      throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    }
    return { exec, prepare: (sql) => database.prepare(sql), close: () => database.close() }
  }
}

t.test('without room for the step nothing is changed, and it is said why', async (t) => {
  const path = join(temporaryDirectory(t), 'store.db')
  const { old, addSession } = await openFourth(path)
  const open = await loadDriver()
  const names = Array.from({ length: 400 }, (_, index) => `${index}`)
  addSession('long', ...names)
  const { page_count } = old.prepare('PRAGMA page_count').get() as { page_count: number }
  old.close()

  const refusal = { message: `store ${path}: the disk is full` }
  await t.rejects(openStore({ path, maxPages: page_count + 4 }), refusal)
  const options = { path, busyTimeoutMs: 0, maxPages: null }
  t.throws(() => openDatabase(fullInTheMiddle(open), options), refusal, 'also when SQLite has rolled back by itself')
  const kept = await openRaw(path)
  t.match(kept.prepare('PRAGMA user_version').get(), { user_version: 4 })
  t.match(kept.prepare('SELECT count(*) AS tokens FROM refresh_tokens').get(), { tokens: names.length })
  kept.close()

  const store = await openStore({ path })
  t.teardown(() => store.close())
  t.match(await store.sessions.rotate(rotation('long.399', 'next')), { outcome: 'rotated' })
  t.match(await store.sessions.rotate(rotation('long.0', 'loot')), { outcome: 'reused' })
})
