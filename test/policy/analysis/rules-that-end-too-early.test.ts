import t from 'tap'
import { findDeadRules, findOpenAreas, findRoleIslands, preparePolicy } from '../../../gateway/policy/index.js'
import { anyone, authenticated, makeRules, nobody, oneOf, type RuleParts } from '../make-rules.js'

const admin = oneOf({ roles: ['admin'] })
const ops = oneOf({ roles: ['ops'] })

const surveyed = (rules: readonly RuleParts[]) => {
  const policy = preparePolicy({ revision: 'r', rules: makeRules(rules) })
  return { policy, lives: findDeadRules(policy) }
}

/** `/admin: GET /admin/ > /**` for each island. */
const islandsOf = (...rules: readonly RuleParts[]): string[] => {
  const { policy, lives } = surveyed(rules)
  return findRoleIslands(policy, lives, new Map()).map(
    ({ rule, wider, request }) => `${rule.path}: ${request.method} ${request.path} > ${wider.path}`
  )
}

t.test('a narrow rule is an island where what lies beside it falls to a wider one', (t) => {
  const all: RuleParts = { path: '/**', allow: authenticated }
  const table: readonly (readonly [name: string, rules: readonly RuleParts[], islands: readonly string[]])[] = [
    ['a literal', [{ path: '/admin', allow: admin }, all], ['/admin: GET /admin/ > /**']],
    ['one that nobody passes', [{ path: '/admin', allow: nobody }, all], ['/admin: GET /admin/ > /**']],
    ['one with a slash', [{ path: '/admin/', allow: admin }, all], ['/admin/: GET /admin > /**']],
    [
      'one segment',
      [
        { path: '/o/{id}', methods: ['DELETE'], allow: admin },
        { path: '/o/**', allow: authenticated }
      ],
      ['/o/{id}: DELETE /o/a2/ > /o/**']
    ],
    [
      'what is below, where the slash is held',
      [{ path: '/admin', allow: admin }, { path: '/admin/', allow: admin }, all],
      ['/admin: GET /admin/b1 > /**', '/admin/: GET /admin/b1 > /**']
    ],
    ['all of it is held', [{ path: '/admin/**', allow: admin }, all], []],
    [
      'nothing wider below',
      [
        { path: '/admin', allow: admin },
        { path: '/other/**', allow: authenticated }
      ],
      []
    ],
    ['as wide', [{ path: '/admin', allow: authenticated }, all], []],
    ['wider than the rest', [{ path: '/login', allow: anyone }, all], []],
    [
      'others, not more',
      [
        { path: '/admin', allow: admin },
        { path: '/**', allow: ops }
      ],
      []
    ],
    [
      'for other methods only',
      [
        { path: '/admin', methods: ['GET'], allow: admin },
        { ...all, methods: ['POST'] }
      ],
      []
    ],
    [
      'on other hosts only',
      [
        { path: '/admin', hosts: ['one'], allow: admin },
        { ...all, hosts: ['two'] }
      ],
      []
    ],
    [
      'who wrote it goes on',
      [
        { path: '/users', allow: admin },
        { path: '/users/{id}', allow: authenticated },
        { path: '/users/', allow: admin }
      ],
      []
    ],
    ['files of one kind', [{ path: '/*.php', allow: admin }, all], []],
    ['the home page', [{ path: '/', allow: admin }, all], []]
  ]
  for (const [name, rules, islands] of table) t.strictSame(islandsOf(...rules), islands, name)
  t.end()
})

t.test('what anyone may reach is told with what earlier rules take from it', (t) => {
  const openOf = (...rules: readonly RuleParts[]) => {
    const { policy, lives } = surveyed(rules)
    return findOpenAreas(policy, lives).map(({ rule, from, except }) => [
      rule.path,
      from,
      except.map(({ path }) => path)
    ])
  }
  const office = oneOf({ networks: ['10.0.0.0/8'] })
  t.strictSame(openOf({ path: '/a', allow: admin }), [])
  t.strictSame(openOf({ path: '/a', allow: office }), [['/a', ['network 10.0.0.0/8'], []]])
  t.strictSame(openOf({ path: '/a/**', allow: nobody }, { path: '/a/b' }), [], 'what never matches is not open')
  t.strictSame(
    openOf(
      { path: '/api/**', allow: admin },
      { path: '/m', allow: office },
      { path: '/x', methods: ['POST'], allow: admin },
      { path: '/login' },
      { path: '/b/*.php', allow: nobody },
      { path: '/b/*.js', methods: ['GET'] },
      { path: '/**', methods: ['GET'] },
      { path: '/late', allow: admin }
    ),
    [
      ['/m', ['network 10.0.0.0/8'], []],
      ['/login', null, []],
      ['/b/*.js', null, []],
      ['/**', null, ['/api/**', '/m', '/b/*.php']]
    ]
  )
  t.end()
})
