import t from 'tap'
import { compilePolicy } from '../../gateway/policy/index.js'
import { findRaw, makeRules } from './make-rules.js'

const rows: readonly (readonly [pattern: string, raw: string, parameters: Readonly<Record<string, string>>])[] = [
  ['/users/{id}', '/users/42', { id: '42' }],
  ['/users/{id}/**', '/users/42', { id: '42' }],
  ['/users/{id}/**', '/users/42/', { id: '42' }],
  ['/users/{id}/**', '/users/42/a/b', { id: '42' }],
  ['/{a}/{b}', '/1/2', { a: '1', b: '2' }],
  ['/**/{id}', '/42', { id: '42' }],
  ['/**/{id}', '/a/b/42', { id: '42' }],
  ['/**/{id}/', '/a/b/42/', { id: '42' }],
  ['/{a}/**/{b}/x', '/1/2/3/4/x', { a: '1', b: '4' }],
  ['/{a}/**/{b}/**/{c}', '/1/2/3', { a: '1', c: '3' }],
  ['/users/{id}', '/users/a%40b%20c', { id: 'a@b c' }],
  ['/users/{id}', '/users/%C3%A9', { id: 'é' }],
  ['/users/{id}', '/users/%61nn', { id: 'ann' }],
  ['/a/*', '/a/b', {}],
  ['/**', '/a', {}]
]

t.test('captured segments are decoded, and counted from the end after a `**`', (t) => {
  for (const [pattern, raw, parameters] of rows) {
    const match = findRaw(compilePolicy({ revision: 'r', rules: makeRules([{ path: pattern }]) }), raw)
    t.strictSame(
      'rule' in match ? Object.entries(match.parameters) : match,
      Object.entries(parameters),
      `${pattern} ${raw}`
    )
  }
  t.end()
})

t.test('a name such as __proto__ is a name like any other', (t) => {
  const rules = makeRules([{ path: '/{__proto__}/{constructor}/{toString}' }])
  const match = findRaw(compilePolicy({ revision: 'r', rules }), '/1/2/3')
  t.strictSame('rule' in match ? Object.entries(match.parameters) : match, [
    ['__proto__', '1'],
    ['constructor', '2'],
    ['toString', '3']
  ])
  const without = findRaw(compilePolicy({ revision: 'r', rules: makeRules([{ path: '/{a}' }]) }), '/1')
  t.equal('rule' in without ? without.parameters.toString : '', undefined, 'nothing is inherited')
  t.equal({}.toString.call(1), '[object Number]', 'and no prototype was touched')
  t.end()
})
