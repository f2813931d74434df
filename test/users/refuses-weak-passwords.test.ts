import t from 'tap'
import { createPasswordRules } from '../../gateway/users/password-rules.js'
import { openUsers } from './users-fixture.js'

const refused: readonly (readonly [name: string, username: string, password: string, message: string])[] = [
  ['empty', 'ada', '', 'The password is empty, malformed or over 1024 bytes long.'],
  ['1025 bytes', 'ada', 'x'.repeat(1025), 'The password is empty, malformed or over 1024 bytes long.'],
  [
    '1026 bytes of 513 characters',
    'ada',
    '\u00e9'.repeat(513),
    'The password is empty, malformed or over 1024 bytes long.'
  ],
  ['half a character', 'ada', 'zWq71$bnM\ud800', 'The password is empty, malformed or over 1024 bytes long.'],
  ['seven characters', 'ada', 'zWq71$b', 'The password is shorter than 8 characters.'],
  ['seven characters of two units', 'ada', '\u{1f600}'.repeat(7), 'The password is shorter than 8 characters.'],
  ['the most common', 'ada', 'password', 'The password is among the most common ones.'],
  ['in capitals', 'ada', 'PassWord123', 'The password is among the most common ones.'],
  [
    'in full width',
    'ada',
    '\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44',
    'The password is among the most common ones.'
  ],
  ['digits', 'ada', '1234567890', 'The password is among the most common ones.'],
  ['a row of keys', 'ada', 'qwertyuiop', 'The password is among the most common ones.'],
  ['the last of the list', 'ada', 'zzzzzzz1', 'The password is among the most common ones.'],
  ['the first of the list', 'ada', '!qaz2wsx', 'The password is among the most common ones.'],
  ['one character', 'ada', '$'.repeat(40), 'The password is among the most common ones.'],
  ['the product', 'ada', 'Portcullis', 'The password is among the most common ones.'],
  ['the own name', 'ada.lovelace', 'Ada.Lovelace', "The password is the user's own name."],
  ['the own name and a year', 'ada.lovelace', 'ADA.lovelace1815!', "The password is the user's own name."],
  ['digits that are the own name', '50193876', '50193876', "The password is the user's own name."]
]

t.test('a password that is guessed first is refused in one line', async (test) => {
  const rules = createPasswordRules(() => ({ minLength: 8 }))
  for (const [name, username, password, message] of refused) {
    test.throws(() => rules(username, password), { name: 'UserMistake', kind: 'bad_password', message }, name)
  }
})

t.test('any other is taken as it is', async (test) => {
  const rules = createPasswordRules(() => ({ minLength: 8 }))
  const passwords = [
    'correct horse',
    'zWq71$bn',
    '\u{1f600}\u{1f601}'.repeat(4),
    '91827364509',
    'x1'.repeat(512),
    'lovelace.ada'
  ]
  for (const password of passwords) test.equal(rules('ada.lovelace', password), password)
  test.equal(rules('4711', '0815-4711-2026'), '0815-4711-2026', 'a name of digits is no core')
  const strict = createPasswordRules(() => ({ minLength: 14 }))
  test.throws(() => strict('ada', 'correct horse'), { message: /shorter than 14/ })
})

t.test('the rules hold wherever a password is set, and only there', async (test) => {
  const { users, hasher } = await openUsers(test)
  await users.add({ username: 'ada', password: 'correct horse' })
  hasher.calls.length = 0
  const weak = { name: 'UserMistake', kind: 'bad_password' }
  await test.rejects(users.add({ username: 'bob', password: 'password1' }), weak)
  await test.rejects(users.addFirst([{ username: 'bob', password: 'password1' }]), weak)
  await test.rejects(users.setPassword('ada', 'password1'), weak)
  test.throws(() => users.readNewPassword('ada', 'password1'), weak)
  test.same(hasher.calls, [], 'before any hash')
  users.adopt({ password: { minLength: 20 }, hash: { memoryKib: 8, passes: 1, parallelism: 1 } })
  await test.rejects(users.setPassword('ada', 'correct horse'), { message: /shorter than 20/ })
  test.ok(await users.authenticate('ada', 'correct horse'), 'a password that is kept already is asked nothing')
})
