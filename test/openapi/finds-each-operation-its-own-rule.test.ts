import fc from 'fast-check'
import t from 'tap'
import { compilePolicy } from '../../gateway/policy/index.js'
import { apiOf, documentOf, settingsFrom } from '../helpers/openapi.js'
import { canonical } from '../policy/make-rules.js'

const orderOf = (...templates: string[]) =>
  apiOf(documentOf(Object.fromEntries(templates.map((template) => [template, { get: {} }])))).operations.map(
    ({ template }) => template
  )

t.test('literal stands before template, and the order of the document is kept otherwise', async (t) => {
  const table: readonly (readonly string[])[] = [
    ['/users/me', '/users/{id}'],
    ['/users', '/users/me/keys', '/users/{id}', '/users/{id}/keys', '/orgs'],
    ['/a/{x}.json', '/a/{x}'],
    ['/a/long-{x}.json', '/a/{x}.json', '/a/{x}'],
    ['/a/b/{y}', '/a/{x}/c'],
    ['/f/{path+}/status', '/f/{path+}'],
    ['/f/a', '/f/{id}', '/f/{path+}']
  ]
  for (const order of table) {
    t.strictSame(orderOf(...order), order, 'as it is')
    const turned = orderOf(...order.toReversed())
    t.strictSame(
      turned.filter((path) => /[{]/.test(path) || path === '/users/me'),
      order.filter((path) => /[{]/.test(path) || path === '/users/me'),
      'turned round'
    )
  }
})

t.test('HEAD stands before GET, which would cover it', async (t) => {
  const { rules } = settingsFrom(documentOf({ '/a': { get: { security: [] }, head: { 'x-roles': ['admin'] } } }))
  t.strictSame(
    rules.map(({ methods }) => methods),
    [['HEAD'], ['GET']]
  )
})

t.test('whatever the paths, a request for an operation finds its rule', async () => {
  const segment = fc.constantFrom('a', 'b', '{x}', '{y}', '{x}.j', 'k{x}', '{x}-{y}')
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`)
  fc.assert(
    fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 12 }), (templates) => {
      const { operations } = apiOf(documentOf(Object.fromEntries(templates.map((one) => [one, { get: {} }]))))
      const { rules } = settingsFrom(documentOf(Object.fromEntries(templates.map((one) => [one, { get: {} }]))))
      const policy = compilePolicy({ revision: 'r', rules })
      for (const { pattern } of operations) {
        // A word of its own for each wildcard: no literal of the paths is one.
        let count = 0
        const sample = pattern.replace(/\{[^}]*\}|\*/g, () => `w${++count}`)
        const found = policy.find({ method: 'GET', host: 'h', path: canonical(sample), oddities: 0 })
        if (!('rule' in found) || found.rule.path !== pattern) return false
      }
      return true
    }),
    { interruptAfterTimeLimit: 2000 }
  )
})
