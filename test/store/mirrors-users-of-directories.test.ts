import { randomUUID } from 'node:crypto'
import type { MirroredUser } from '../../gateway/domain.js'
import { addUser, describeStore, newSession, rotation, signIn, start } from './each-store.js'

const ada = (changes: Partial<MirroredUser> = {}): MirroredUser => ({
  key: '7',
  username: 'ada',
  roles: ['user'],
  attributes: { full_name: 'Ada' },
  disabled: false,
  newId: randomUUID(),
  passwordMark: 'directory:1',
  ...changes
})

describeStore('a user of a directory gets an id that stays, whatever else changes', async (t, store) => {
  const { users } = store
  const first = await users.mirrorUser('hr', ada(), start)
  t.match(first, { changed: false, user: { username: 'ada', roles: ['user'], directory: 'hr', generation: 1 } })
  const same = await users.mirrorUser('hr', ada(), start + 1)
  t.same(same, first, 'seen again, as before')
  const renamed = await users.mirrorUser('hr', ada({ username: 'augusta', attributes: { full_name: 'A.' } }), start + 2)
  t.match(renamed, {
    changed: false,
    user: { id: first?.user.id, username: 'augusta', attributes: { full_name: 'A.' } }
  })
  t.same(await users.findMirror(first?.user.id ?? ''), { directory: 'hr', key: '7' })
  t.not((await users.mirrorUser('other', ada(), start))?.user.id, first?.user.id, 'a key counts in its directory alone')
})

describeStore(
  'other roles end access tokens, another password or being disabled ends sessions too',
  async (t, store) => {
    const { users, sessions } = store
    for (const [what, changes, ended] of [
      ['roles', { roles: ['user', 'admin'] }, false],
      ['password', { passwordMark: 'directory:2' }, true],
      ['disabled', { disabled: true }, true]
    ] as const) {
      const key = what
      const before = (await users.mirrorUser('hr', ada({ key, username: what }), start))?.user
      if (before === undefined) throw new Error('no mirror')
      const { token } = await signIn(store, before)
      const after = await users.mirrorUser('hr', ada({ key, username: what, ...changes }), start + 1)
      t.match(after, { changed: true, user: { generation: 2 } }, what)
      const { outcome } = await sessions.rotate(rotation(token, `${what} next`, { now: start + 2 }))
      t.equal(outcome, ended ? 'refused' : 'rotated', `${what}: ${ended ? 'ended' : 'goes on'}`)
      t.equal(await sessions.openSession(newSession(before, `${what} late`), 1), null, `${what}: not as of before`)
    }
    const back = await users.mirrorUser('hr', ada({ key: 'disabled', username: 'disabled' }), start + 3)
    t.match(back, { changed: true, user: { disabled: false, generation: 3 } }, 'enabled again')
  }
)

describeStore('a name belongs to whoever is kept here, else to whom the directory gives it', async (t, store) => {
  const { users } = store
  const own = await addUser(store, { username: 'grace' })
  t.equal(await users.mirrorUser('hr', ada({ username: 'grace' }), start), null)
  t.match(await users.findUser('grace'), { id: own.id, directory: null })
  const left = await users.mirrorUser('hr', ada(), start)
  const came = await users.mirrorUser('hr', ada({ key: '8' }), start)
  t.not(came?.user.id, left?.user.id)
  t.match(await users.findUser('ada'), { id: came?.user.id })
  t.match(
    await users.readUser(left?.user.id ?? ''),
    { username: `former ${left?.user.id}` },
    'whoever had it makes way'
  )
  const sly = await users.mirrorUser('hr', ada({ key: '9', username: came?.user.id ?? '' }), start)
  const last = await users.mirrorUser('hr', ada({ key: '10' }), start)
  t.match(await users.findUser('ada'), { id: last?.user.id }, "also where somebody's name is another's id")
  t.match(await users.findUser(came?.user.id ?? ''), { id: sly?.user.id })
})

describeStore('what a directory says of its users is not changed here', async (t, store) => {
  const { users } = store
  await users.mirrorUser('hr', ada(), start)
  t.equal(await users.setPassword('ada', '$argon2id$2', start), null)
  t.equal(await users.setRoles('ada', ['admin'], start), null)
  t.equal(await users.setDisabled('ada', true, start), null)
  t.match(await users.findUser('ada'), { roles: ['user'], disabled: false, passwordHash: 'directory:1' })
  t.same(await users.samplePasswordHashes(10), [], 'and its mark is no hash')
})

describeStore('mirrors of a directory that is asked no more are retired, until it is asked again', async (t, store) => {
  const { users, sessions } = store
  const own = await addUser(store, { username: 'grace' })
  const kept = (await users.mirrorUser('hr', ada({ key: '1', username: 'kept' }), start))?.user
  const gone = (await users.mirrorUser('old', ada({ key: '1', username: 'gone' }), start))?.user
  if (kept === undefined || gone === undefined) throw new Error('no mirror')
  const { token } = await signIn(store, gone)
  t.match(await users.retireOtherMirrors('hr', start + 1), [{ id: gone.id, disabled: true, generation: 2 }])
  t.same(await users.retireOtherMirrors('hr', start + 1), [], 'once')
  t.match(await sessions.rotate(rotation(token, 'next')), { outcome: 'refused' })
  t.same(await users.listMirrors('hr'), [kept.id])
  t.match(await users.retireOtherMirrors(null, start + 1), [{ id: kept.id }])
  t.match(await users.readUser(own.id), { disabled: false, generation: 1 })
  t.equal(await users.retireMirror(own.id, start), null, 'never a user that is kept here')
  t.match(await users.mirrorUser('hr', ada({ key: '1', username: 'kept' }), start + 2), {
    changed: true,
    user: { id: kept.id, disabled: false, generation: 3 }
  })
})
