import t from 'tap'
import type { PathTolerance } from '../../gateway/domain.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import { hostilePaths } from '../helpers/hostile-paths.js'
import { findRaw, found, makeRules, oneOf, strict, tolerant } from './make-rules.js'

const openSite = (paths: PathTolerance) =>
  compilePolicy({
    revision: 'open',
    rules: makeRules([
      { path: '/admin/**', allow: oneOf({ roles: ['admin'] }), paths },
      { path: '/api/users/{id}/**', allow: oneOf({ claims: { sub: [{ segment: 'id' }] } }), paths },
      { path: '/**', paths }
    ])
  })

for (const [name, paths] of [
  ['that tolerates nothing', strict],
  ['that tolerates every oddity', tolerant]
] as const) {
  t.test(`no spelling of /admin reaches the open rule of a site ${name}`, (t) => {
    const policy = openSite(paths)
    for (const raw of hostilePaths) {
      const outcome = found(findRaw(policy, raw))
      t.ok(['bad_path', 0].includes(outcome), `${encodeURI(raw)} ${outcome}`)
    }
    t.end()
  })
}

const usersOfAnother: readonly string[] = [
  '/API/users/2/x',
  '/api/Users/2',
  '/api//users/2',
  '//api/users/2',
  '/api;v=1/users/2',
  '/api/users;/2',
  '/api%2Fusers%2F2',
  '/api/user%C5%BF/2',
  '/%2561pi/users/2',
  '/api/u%2573ers/2',
  '/api/x/../users/2',
  '/api/;/users/2'
]

t.test('no spelling of a user’s path reaches the open rule', (t) => {
  for (const paths of [strict, tolerant]) {
    const policy = openSite(paths)
    for (const raw of usersOfAnother) t.ok(['bad_path', 1].includes(found(findRaw(policy, raw))), raw)
  }
  t.end()
})

const innocent: readonly (readonly [raw: string, rule: number])[] = [
  ['/', 2],
  ['/Index.HTML', 2],
  ['/administrator', 2],
  ['/admin.html', 2],
  ['/a/admin', 2],
  ['/caf%C3%A9/a%20b', 2],
  ['/50%25', 2],
  ['/5%25fat', 2],
  ['/what%3F', 2],
  ['/@me/[slug]', 2],
  ['/admin/Users/A%20B', 0],
  ['/api/users/Ann', 1],
  ['/api/users/a%40b.c/X', 1],
  ['/api/users', 2]
]

t.test('innocent paths pass', (t) => {
  const policy = openSite(strict)
  for (const [raw, rule] of innocent) t.equal(found(findRaw(policy, raw)), rule, raw)
  t.end()
})
