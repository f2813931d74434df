import t from 'tap'
import type { Scalar } from '../../gateway/domain.js'
import type { Users } from '../../gateway/users/index.js'
import { openUsers } from './users-fixture.js'

const good = { username: 'bob', password: 'correct horse' }
const wrongType = (value: unknown) => value as Scalar

const mistakes: { name: string; act: (users: Users) => Promise<unknown>; kind: string; message: RegExp }[] = [
  {
    name: 'a taken name',
    act: (users) => users.add({ ...good, username: 'ADA' }),
    kind: 'username_taken',
    message: /"ada"/
  },
  {
    name: 'a bad name',
    act: (users) => users.add({ ...good, username: 'a b' }),
    kind: 'bad_username',
    message: /"a b"/
  },
  {
    name: 'a name that would steer a terminal',
    act: (users) => users.add({ ...good, username: '\u001b[2J\u202e' }),
    kind: 'bad_username',
    message: /"\\u001b\[2J\ufffd"/
  },
  {
    name: 'a short password',
    act: (users) => users.add({ ...good, password: '1234567' }),
    kind: 'bad_password',
    message: /8 characters/
  },
  {
    name: 'a short password in many bytes',
    act: (users) => users.setPassword('ada', '\ud83d\ude00'.repeat(7)),
    kind: 'bad_password',
    message: /8 characters/
  },
  {
    name: 'a long password',
    act: (users) => users.setPassword('ada', 'x'.repeat(1025)),
    kind: 'bad_password',
    message: /1024 bytes/
  },
  { name: 'an empty role', act: (users) => users.setRoles('ada', ['']), kind: 'bad_role', message: /role/ },
  {
    name: 'a role with a separator',
    act: (users) => users.setRoles('ada', ['ops', 'a,b']),
    kind: 'bad_role',
    message: /"a,b"/
  },
  {
    name: 'a role with a line end',
    act: (users) => users.setRoles('ada', ['ops\n']),
    kind: 'bad_role',
    message: /"ops\\n"/
  },
  {
    name: 'a long role',
    act: (users) => users.add({ ...good, roles: ['x'.repeat(65)] }),
    kind: 'bad_role',
    message: /64/
  },
  {
    name: 'too many roles',
    act: (users) =>
      users.setRoles(
        'ada',
        Array.from({ length: 65 }, (_, n) => `r${n}`)
      ),
    kind: 'bad_role',
    message: /64/
  },
  {
    name: 'a bad attribute name',
    act: (users) => users.add({ ...good, attributes: { Full: 1 } }),
    kind: 'bad_attribute',
    message: /"Full"/
  },
  {
    name: 'a prototype',
    act: (users) => users.add({ ...good, attributes: JSON.parse('{"__proto__": 1}') }),
    kind: 'bad_attribute',
    message: /__proto__/
  },
  {
    name: 'an attribute that is a list',
    act: (users) => users.add({ ...good, attributes: { a: wrongType([]) } }),
    kind: 'bad_attribute',
    message: /attribute a/
  },
  {
    name: 'an attribute that is null',
    act: (users) => users.add({ ...good, attributes: { a: wrongType(null) } }),
    kind: 'bad_attribute',
    message: /attribute a/
  },
  {
    name: 'an attribute without end',
    act: (users) => users.add({ ...good, attributes: { a: Number.NaN } }),
    kind: 'bad_attribute',
    message: /attribute a/
  },
  {
    name: 'attributes too large',
    act: (users) => users.add({ ...good, attributes: { a: 'x'.repeat(4096) } }),
    kind: 'bad_attribute',
    message: /4096 bytes/
  },
  {
    name: 'a user who is not there: password',
    act: (users) => users.setPassword('eve', 'correct horse'),
    kind: 'no_such_user',
    message: /"eve"/
  },
  {
    name: 'a user who is not there: roles',
    act: (users) => users.setRoles('eve', []),
    kind: 'no_such_user',
    message: /"eve"/
  },
  {
    name: 'a user who is not there: disable',
    act: (users) => users.setDisabled('eve', true),
    kind: 'no_such_user',
    message: /"eve"/
  }
]

t.test('each mistake is named in one sentence and changes nothing', async (test) => {
  const { users } = await openUsers(test)
  await users.add({ username: 'ada', password: 'correct horse' })
  const before = await users.list()
  for (const { name, act, kind, message } of mistakes) {
    await test.rejects(act(users), { name: 'UserMistake', kind, message }, name)
    await act(users).catch((error: Error) => test.match(error.message, /^[^\n]+\.$/, `${name}: one line`))
  }
  test.same(await users.list(), before)
})

t.test('what an operator may do is done', async (test) => {
  const { users } = await openUsers(test)
  const roles = ['portcullis:admin', 'team/ops.eu-1_x', 'portcullis:admin']
  const attributes = { full_name: 'Ada Lovelace', level: 7, external: false }
  const added = await users.add({ username: 'Ada', password: 'correct horse', roles, attributes })
  test.match(added, { username: 'ada', roles: ['portcullis:admin', 'team/ops.eu-1_x'], attributes, disabled: false })
  test.match(added.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4/)
  test.ok(Math.abs(added.createdAt - Date.now() / 1000) < 5)

  test.match(await users.setPassword('ADA', 'battery staple'), { id: added.id })
  test.equal(await users.authenticate('ada', 'correct horse'), null)
  test.match(await users.setRoles('ada', ['ops']), { roles: ['ops'] })
  test.match(await users.setDisabled('ada', true), { disabled: true })
  test.equal(await users.authenticate('ada', 'battery staple'), null)
  test.match(await users.setDisabled('ada', false), { disabled: false })
  test.match(await users.authenticate('ada', 'battery staple'), { id: added.id, roles: ['ops'] })
})

t.test('the first users are added once', async (test) => {
  const { users } = await openUsers(test)
  const first = [
    { username: 'admin', password: 'correct horse', roles: ['admin'] },
    { username: 'demo', password: 'battery staple', roles: ['user'] }
  ]
  test.equal(await users.addFirst(first), true)
  test.equal(await users.addFirst([{ username: 'other', password: 'correct horse' }]), false)
  test.same(
    (await users.list()).map(({ username }) => username),
    ['admin', 'demo']
  )
})
