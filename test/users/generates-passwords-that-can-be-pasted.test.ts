import t from 'tap'
import { generatePassword } from '../../gateway/users/index.js'

t.test('a generated password is 24 unmistakable letters and digits, never twice the same', (test) => {
  const passwords = Array.from({ length: 1000 }, generatePassword)
  for (const password of passwords) test.match(password, /^[A-HJ-NP-Za-km-np-z2-9]{24}$/)
  test.equal(new Set(passwords).size, 1000)
  const used = new Set(passwords.join(''))
  test.ok(24 * Math.log2(used.size) >= 120, 'at least 120 bits')
  test.end()
})
