import fc from 'fast-check'
import t from 'tap'
import { readCookie, setsOwnCookie, withoutOwnCookies } from '../../gateway/browsers/cookie-field.js'

const NAME = '__Host-portcullis-access'

t.test('a cookie is read by its exact name, once', (t) => {
  for (const [field, value] of [
    [undefined, null],
    ['', null],
    ['a=b', null],
    [`${NAME}=x`, 'x'],
    [`a=b; ${NAME}=x; c=d`, 'x'],
    [`a=b;${NAME} = x ;c`, 'x'],
    [`${NAME}=x=y`, 'x=y'],
    [`${NAME}`, null],
    [`x${NAME}=x`, null],
    [`a=${NAME}=x`, null],
    [`${NAME.toLowerCase()}=x`, null],
    [`${NAME}=x; ${NAME}=x`, 'several'],
    [`${NAME}=; ${NAME}=x`, 'several']
  ] as const) {
    t.equal(readCookie(field, NAME), value, String(field))
  }
  t.end()
})

t.test('others pass byte for byte, ours do not', (t) => {
  for (const [field, passed] of [
    ['', ''],
    ['a=b;  c=d ; ', 'a=b;  c=d ; '],
    [`${NAME}=x`, null],
    [`${NAME}=x; __Host-portcullis-refresh=y`, null],
    [`${NAME}=x; a=b`, 'a=b'],
    [`a=b; ${NAME}=x`, 'a=b'],
    [`a="b;c" ;  d; ${NAME}=x;e=é`, 'a="b;c" ;  d;e=é'],
    ['portcullis-access=x; portcullis-refresh=y; z=1', 'z=1'],
    ['__HOST-PORTCULLIS-ACCESS=x; z=1', 'z=1'],
    [`${NAME} =x; z=1`, 'z=1'],
    [`${NAME}; z=1`, 'z=1'],
    ['portcullis-theme=dark', 'portcullis-theme=dark'],
    ['a=portcullis-access=x', 'a=portcullis-access=x']
  ] as const) {
    t.equal(withoutOwnCookies(field), passed, field)
  }
  t.end()
})

t.test('of no field is anything left that would be read', (t) => {
  const piece = fc.oneof(
    fc.constantFrom(NAME, '__Host-portcullis-refresh', 'portcullis-access', '=', ';', '; ', ' ', 'a', 'x=y'),
    fc.string({ maxLength: 4 })
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const field = pieces.join('')
      const passed = withoutOwnCookies(field)
      return passed === null || readCookie(passed, NAME) === null
    }),
    { interruptAfterTimeLimit: 2000 }
  )
  t.pass('of a thousand')
  t.end()
})

t.test('a field that would set one of ours is known in every spelling a browser reads', (t) => {
  for (const field of [
    `${NAME}=x; Path=/`,
    `  ${NAME} =x`,
    '__host-PORTCULLIS-refresh=x',
    'portcullis-access=',
    `=${NAME}=x`,
    ` = ${NAME}=x`,
    NAME,
    `${NAME}; Max-Age=0`
  ]) {
    t.ok(setsOwnCookie(field), field)
  }
  for (const field of ['a=b', `a=${NAME}=x`, 'portcullis-access-2=x', 'xportcullis-access=x', 'portcullis=1', '']) {
    t.notOk(setsOwnCookie(field), field)
  }
  t.end()
})
