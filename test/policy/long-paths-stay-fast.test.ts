import t from 'tap'
import { parseCanonicalPath } from '../../gateway/canonical-path.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import { findRaw, found, makeRules, tolerant } from './make-rules.js'

const elapsedMs = (act: () => void): number => {
  const begin = performance.now()
  act()
  return performance.now() - begin
}

t.test('8,000 segments under 50 rules with two `**` each take no time to speak of', (t) => {
  const rules = makeRules(Array.from({ length: 50 }, (_, index) => ({ path: `/**/a${index % 5}/**/b${index}` })))
  const policy = compilePolicy({ revision: 'r', rules })
  const path = '/a0/a1/a2/a3/a4/x/b/a0'.repeat(1000)
  const ms = elapsedMs(() => {
    t.equal(found(findRaw(policy, path)), 'no_rule')
    t.equal(found(findRaw(policy, `${path}/b49`)), 49)
  })
  t.ok(ms < 250, `${ms} ms`)
  t.end()
})

t.test('the same rule for thousands of hosts is looked at once a walk', (t) => {
  const rules = makeRules(Array.from({ length: 5000 }, (_, index) => ({ path: '/**/a/**', hosts: [`h${index}`] })))
  const policy = compilePolicy({ revision: 'r', rules })
  const ms = elapsedMs(() => t.equal(found(findRaw(policy, '/a'.repeat(8000))), 'no_rule'))
  t.ok(ms < 250, `${ms} ms`)
  t.end()
})

t.test('globs and every reading of an odd path stay polynomial', (t) => {
  const rules = makeRules([
    { path: '/*a*a*/**/*b*b*', paths: tolerant },
    { path: '/**', paths: tolerant }
  ])
  const policy = compilePolicy({ revision: 'r', rules })
  const ms = elapsedMs(() => {
    t.equal(found(findRaw(policy, `/${'a'.repeat(8000)}`)), 1)
    t.equal(found(findRaw(policy, `//${';%2F%3F%2541/'.repeat(1200)}`)), 1)
  })
  t.ok(ms < 1000, `${ms} ms`)
  t.end()
})

t.test('no path keeps the canonicaliser busy', (t) => {
  const hostile = ['/a', '/', '%25', ';', '%2561', '%c3%a9', '..', '.a/', '%2F'].map((part) => `/${part.repeat(5000)}`)
  const ms = elapsedMs(() => {
    for (const path of hostile) for (const end of ['', '%', '<', '/..']) parseCanonicalPath(path + end)
  })
  t.ok(ms < 500, `${ms} ms`)
  t.end()
})
