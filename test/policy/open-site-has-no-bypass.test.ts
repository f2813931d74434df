import t from 'tap'
import type { PathTolerance } from '../../gateway/domain.js'
import { compilePolicy } from '../../gateway/policy/index.js'
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

/** Each reaches /admin/x at some upstream that decodes, cuts, collapses, resolves or folds. */
const hostile: readonly string[] = [
  '/admin/x',
  '/admin',
  '/admin/',
  '/ADMIN/x',
  '/Admin',
  '/aDmIn/x',
  '/%61dmin/x',
  '/%41dmin/x',
  '/a%64min/x',
  '/%61%64%6d%69%6e/x',
  '/%2561dmin/x',
  '/%2541dmin/x',
  '/a%2564min/x',
  '/%25%36%31dmin/x',
  '/%252561dmin/x',
  '/adm%C4%B1n/x',
  '/adm%25C4%25B1n/x',
  '/./admin/x',
  '/../admin/x',
  '/a/../admin/x',
  '/a/..;/admin/x',
  '/a/..%253b/admin/x',
  '/a/..;a=b/admin/x',
  '/a/.;/../admin/x',
  '/%2e/admin/x',
  '/%2e%2e/admin/x',
  '/a/%2e%2e/admin/x',
  '/a/.%2e/admin/x',
  '/a/%2E./admin/x',
  '/a/%2e%2e%2fadmin/x',
  '/a/..%2fadmin/x',
  '/a%2f..%2fadmin/x',
  '/a%2f../admin/x',
  '/a/%252e%252e/admin/x',
  '/a/%252e%252e%252fadmin/x',
  '/a/..%252fadmin/x',
  '/a/%25%32%65%25%32%65/admin/x',
  '/a/%c0%ae%c0%ae/admin/x',
  '/a/%25c0%25ae%25c0%25ae/admin/x',
  '/a/%e0%80%ae%e0%80%ae/admin/x',
  '/a/..%c0%afadmin/x',
  '/a/..%25c0%25afadmin/x',
  '/a/..\\admin/x',
  '/a/..%5cadmin/x',
  '/a\\..\\admin/x',
  '/\\admin/x',
  '/%5cadmin/x',
  '/%255cadmin/x',
  '//admin/x',
  '///admin//x',
  '/;/admin/x',
  '/;a=b/admin/x',
  '/admin;/x',
  '/admin;a=b/x',
  '/admin;',
  '/admin%3b/x',
  '/admin%3Ba=b/x',
  '/admin%253ba/x',
  '/Admin;a/x',
  '/%2fadmin/x',
  '/%2Fadmin%2Fx',
  '/admin%2fx',
  '/admin%2Fx',
  '/ADMIN%2fx',
  '/admin%252fx',
  '/admin%252Fx',
  '/admin%3fx',
  '/admin%3F/x',
  '/admin%23x',
  '/ADMIN%23',
  '/admin%253fx',
  '/admin?/x',
  '/admin#/x',
  '/admin%00/x',
  '/admin%00.html',
  '/admin%2500/x',
  '/admin%0a/x',
  '/admin%0d%0a',
  '/admin%09/x',
  '/admin%7f/x',
  '/admin%c2%a0/..%2fadmin/x',
  '/\tadmin/x',
  '/ admin/x',
  '/admin\0/x',
  '/\x01admin/x',
  '/%u0061dmin/x',
  '/%61dmi%',
  'admin/x',
  'http://example.com/admin/x',
  '/;/;/admin/x',
  '//;//admin/x',
  '/%2f%2fadmin/x',
  '/%3b/admin/x',
  '/%253b/admin/x',
  '/;%2fadmin/x',
  '/%3b%3f/admin%23',
  '/;%3f/admin%3fx',
  '/;a=b%23/admin%3f/x',
  '/%2f;/ADMIN/x',
  '/a/b/../../admin/x',
  '/static/..;/..;/admin/x'
]

for (const [name, paths] of [
  ['that tolerates nothing', strict],
  ['that tolerates every oddity', tolerant]
] as const) {
  t.test(`no spelling of /admin reaches the open rule of a site ${name}`, (t) => {
    const policy = openSite(paths)
    for (const raw of hostile) {
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
