import t from 'tap'
import type { Claims, Scalar } from '../../gateway/domain.js'
import { judgeOne } from './judge-one.js'
import { as, oneOf } from './make-rules.js'

const claimEquals = (claims: Claims, name: string, ...values: Scalar[]): boolean =>
  judgeOne({
    allow: oneOf({ claims: Object.fromEntries([[name, values.map((value) => ({ equals: value }))]]) }),
    authentication: as({ claims })
  }).allow

t.test('an expected scalar equals a claim of the same type only', (t) => {
  t.ok(claimEquals({ dept: 'a' }, 'dept', 'a'))
  t.ok(claimEquals({ dept: 'b' }, 'dept', 'a', 'b'), 'any of')
  t.ok(claimEquals({ level: 3 }, 'level', 3))
  t.ok(claimEquals({ admin: true }, 'admin', true))
  for (const claim of ['A', 'a ', '', ['a'], { a: 'a' }, { toString: () => 'a' }, null, undefined, 1, true]) {
    t.notOk(claimEquals({ dept: claim }, 'dept', 'a'), JSON.stringify(claim) ?? 'undefined')
  }
  t.notOk(claimEquals({ level: '3' }, 'level', 3))
  t.notOk(claimEquals({ level: 3 }, 'level', '3'))
  t.notOk(claimEquals({ admin: 'true' }, 'admin', true))
  t.notOk(claimEquals({ admin: 1 }, 'admin', true))
  t.notOk(claimEquals({}, 'dept', 'a'))
  t.end()
})

t.test('only own claims count', (t) => {
  t.notOk(claimEquals({}, '__proto__', 'x'))
  t.notOk(claimEquals(Object.create({ dept: 'a' }), 'dept', 'a'))
  t.ok(claimEquals(JSON.parse('{"__proto__":"x"}'), '__proto__', 'x'))
  t.end()
})

const boundTo = (claim: unknown, raw: string, pattern = '/users/{id}/**', segment = 'id'): boolean =>
  judgeOne({
    pattern,
    raw,
    allow: oneOf({ claims: { account: [{ segment }] } }),
    authentication: as({ claims: { account: claim } })
  }).allow

t.test('a claim is compared with a captured segment as text', (t) => {
  const rows: readonly (readonly [claim: unknown, raw: string, allow: boolean])[] = [
    ['42', '/users/42', true],
    [42, '/users/42/x', true],
    ['a@b', '/users/a%40b', true],
    ['é', '/users/%C3%A9', true],
    ['ann', '/users/%61nn', true],
    [-1, '/users/-1', true],
    ['43', '/users/42', false],
    ['42', '/users/042', false],
    [42, '/users/42.0', false],
    [4.5, '/users/4.5', false],
    [1e21, '/users/1e+21', false],
    [2 ** 53, '/users/9007199254740992', false],
    [Number.NaN, '/users/NaN', false],
    [true, '/users/true', false],
    [null, '/users/null', false],
    [undefined, '/users/undefined', false],
    [['42'], '/users/42', false],
    [{}, '/users/[object%20Object]', false],
    ['Ann', '/users/ann', false]
  ]
  for (const [claim, raw, allow] of rows) t.equal(boundTo(claim, raw), allow, `${JSON.stringify(claim)} ${raw}`)
  t.end()
})

t.test('a claim is bound before and after a `**`, and to nothing between two', (t) => {
  t.ok(boundTo('2', '/a/b/2', '/**/{id}'))
  t.notOk(boundTo('b', '/a/b/2', '/**/{id}'))
  t.ok(boundTo('1', '/1/x/2', '/{id}/**/{other}'))
  t.ok(boundTo('2', '/1/x/y/2', '/{other}/**/{id}'))
  t.notOk(boundTo('x', '/1/x/2', '/{a}/**/{id}/**/{b}'))
  t.notOk(boundTo(undefined, '/1/x/2', '/{a}/**/{id}/**/{b}'))
  t.notOk(boundTo('1', '/1', '/{a}', 'toString'))
  t.ok(boundTo('1', '/1', '/{__proto__}', '__proto__'))
  t.notOk(boundTo('1', '/1', '/{a}', '__proto__'))
  t.end()
})

t.test('`sub` is the subject with its issuer’s name, so that no foreign subject is one of ours', (t) => {
  const own = (subject: string): boolean =>
    judgeOne({
      pattern: '/users/{id}',
      raw: '/users/42',
      allow: oneOf({ claims: { sub: [{ segment: 'id' }] } }),
      authentication: as({ subject, claims: { sub: '42' } })
    }).allow
  t.ok(own('42'))
  t.notOk(own('corp:42'))
  t.end()
})
