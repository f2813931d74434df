import t from 'tap'
import type { Condition } from '../../gateway/domain.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import { makeRules, oneOf } from './make-rules.js'

const conditions: readonly (readonly [condition: Condition, because: RegExp])[] = [
  [{}, /no entry/],
  [{ roles: [] }, /'roles' lists nothing/],
  [{ roles: ['a'], scopes: [] }, /'scopes' lists nothing/],
  [{ claims: {} }, /'claims' lists nothing/],
  [{ networks: [] }, /'networks' lists nothing/],
  [{ networks: ['10.0.0.0/33'] }, /no network/],
  [{ networks: ['10.0.0/8'] }, /no network/],
  [{ networks: ['::/129'] }, /no network/],
  [{ networks: ['10.0.0.0/8/8'] }, /no network/],
  [{ networks: ['10.0.0.0/'] }, /no network/],
  [{ networks: ['example.com'] }, /no network/],
  [Object.fromEntries([['role', ['admin']]]), /'role' is no entry/]
]

t.test('a condition that restricts nothing, or is not understood, is no condition', (t) => {
  for (const [condition, because] of conditions) {
    const rules = makeRules([{ path: '/a' }, { path: '/b', allow: oneOf({ roles: ['x'] }, condition) }])
    t.throws(() => compilePolicy({ revision: 'r', rules }), { message: because }, JSON.stringify(condition))
    t.throws(() => compilePolicy({ revision: 'r', rules }), { message: /line 2/ })
  }
  t.end()
})

t.test('a pattern that no request can fit is no rule', (t) => {
  t.throws(() => compilePolicy({ revision: 'r', rules: makeRules([{ path: '/a/../b' }]) }), { message: /dot segment/ })
  t.end()
})
