import fc from 'fast-check'
import t from 'tap'
import { compilePolicy, decide } from '../../gateway/policy/index.js'
import { apiOf, documentOf, settingsFrom } from '../helpers/openapi.js'
import { as, canonical } from '../policy/make-rules.js'

const open = { security: [] }
const forRoles = (...roles: string[]) => ({ 'x-roles': roles })

const rulesOf = (paths: object) =>
  settingsFrom(documentOf(paths)).rules.map(({ path, methods, allow }) => [methods?.join(), path, allow])

t.test('a request that two templates fit has to meet both', async (t) => {
  t.strictSame(rulesOf({ '/a/public/{x}': { get: open }, '/a/{x}/admin': { get: forRoles('admin'), put: open } }), [
    ['GET', '/a/public/admin', { kind: 'any', of: [{ roles: ['admin'] }] }],
    ['GET', '/a/public/{x}', { kind: 'anyone' }],
    ['GET', '/a/{x}/admin', { kind: 'any', of: [{ roles: ['admin'] }] }],
    ['PUT', '/a/{x}/admin', { kind: 'anyone' }]
  ])
})

t.test('where one of two templates is the more concrete, or both ask for the same, nothing is added', async (t) => {
  const admin = forRoles('admin')
  for (const paths of [
    { '/a/me': { get: open }, '/a/{x}': { get: admin } },
    { '/a/{x}/b': { get: admin }, '/a/c/{y}': { get: admin } },
    { '/a/{x}/b': { get: admin }, '/a/c/{y}': { post: open } },
    { '/a/{x}/b': { get: admin }, '/a/c/{y}/d': { get: open } },
    { '/a/{x}.json/{y}': { get: admin }, '/a/c/{y}': { get: open } },
    { '/a/{x}/b': { get: admin }, '/a/c/{y}': { get: open }, '/a/c/b': { get: open } }
  ]) {
    t.strictSame(apiOf(documentOf(paths)).overlaps, [], JSON.stringify(paths))
  }
})

/** Judged by what the upstream may take it for: any operation whose template fits. */
t.test('nobody gets to an operation by a path that also fits another one', async () => {
  const segment = fc.constantFrom('a', 'b', 'c', '{x}', '{y}')
  const path = fc.array(segment, { minLength: 2, maxLength: 3 }).map((segments) => `/${segments.join('/')}`)
  const security = fc.constantFrom(open, forRoles('r'), forRoles('s'), forRoles('r', 't'))
  const document = fc.array(fc.tuple(path, security), { minLength: 2, maxLength: 5 })
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'z'), { minLength: 2, maxLength: 3 })
  fc.assert(
    fc.property(document, words, fc.subarray(['r', 's', 't']), (entries, segments, roles) => {
      const operations = new Map(entries)
      const paths = Object.fromEntries([...operations].map(([template, operation]) => [template, { get: operation }]))
      const isLet = isLetIn(paths, `/${segments.join('/')}`, roles)
      if (!isLet) return true
      const fitting = [...operations].filter(([template]) => fits(template, segments))
      // Of two that fit, one may be the more concrete, and then it alone counts.
      const meant = fitting.filter(([one]) => !fitting.some(([other]) => isCloser(other, one)))
      return meant.every(
        ([, operation]) => !('x-roles' in operation) || operation['x-roles'].some((role) => roles.includes(role))
      )
    }),
    { interruptAfterTimeLimit: 2500, numRuns: 2000 }
  )
})

const fits = (template: string, segments: readonly string[]) => {
  const own = template.slice(1).split('/')
  return (
    own.length === segments.length &&
    own.every((segment, index) => segment.startsWith('{') || segment === segments[index])
  )
}

/** Literal wherever the other is, and somewhere where it is not. */
const isCloser = (one: string, other: string) => {
  const [mine, yours] = [one, other].map((template) =>
    template
      .slice(1)
      .split('/')
      .map((segment) => !segment.startsWith('{'))
  )
  return (
    one !== other &&
    String(mine) !== String(yours) &&
    (yours ?? []).every((isLiteral, index) => !isLiteral || mine?.[index] === true)
  )
}

function isLetIn(paths: object, raw: string, roles: readonly string[]): boolean {
  const { rules, revision } = settingsFrom(documentOf(paths))
  const policy = compilePolicy({ revision, rules })
  const request = { method: 'GET', host: 'h', path: canonical(raw), address: '192.0.2.1' }
  const match = policy.find({ ...request, oddities: 0 })
  return decide({ id: 'd', revision, request, match, authentication: as({ roles }) }).allow
}
