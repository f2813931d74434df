import t from 'tap'
import { parseCanonicalPath } from '../../gateway/canonical-path.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import { cpuMsOf } from '../helpers/cpu-time.js'
import { findRaw, found, makeRules, tolerant } from './make-rules.js'

t.test('8,000 segments under 50 rules with two `**` each take no time to speak of', (t) => {
  const rules = makeRules(Array.from({ length: 50 }, (_, index) => ({ path: `/**/a${index % 5}/**/b${index}` })))
  const policy = compilePolicy({ revision: 'r', rules })
  const path = '/a0/a1/a2/a3/a4/x/b/a0'.repeat(1000)
  const ms = cpuMsOf(() => {
    t.equal(found(findRaw(policy, path)), 'no_rule')
    t.equal(found(findRaw(policy, `${path}/b49`)), 49)
  })
  t.ok(ms < 250, `${ms} ms`)
  t.end()
})

t.test('the same rule for thousands of hosts is looked at once a walk', (t) => {
  const rules = makeRules(Array.from({ length: 5000 }, (_, index) => ({ path: '/**/a/**', hosts: [`h${index}`] })))
  const policy = compilePolicy({ revision: 'r', rules })
  const ms = cpuMsOf(() => t.equal(found(findRaw(policy, '/a'.repeat(8000))), 'no_rule'))
  t.ok(ms < 250, `${ms} ms`)
  t.end()
})

const names = Array.from({ length: 10_000 }, (_, index) => index.toString(36))

/** Fourteen segments of `a`, `b` or any, another choice for each index. */
const choices = (index: number): string =>
  Array.from({ length: 14 }, (_, at) => ['a', 'b', `{x${at}}`][Math.floor(index / 3 ** (at % 9)) % 3]).join('/')

/** As many of each as settings may hold. */
const exploding: Readonly<Record<string, readonly [count: number, pathOf: (index: number) => string]>> = {
  'another middle each': [10_000, (index) => `/**/${names[index]}/**/z${index}`],
  'middles that share their segments': [1428, (index) => `/**/${choices(index)}/**/z${index}`],
  'ends that share their segments': [10_000, (index) => `/**/z${index}/${choices(index)}`],
  'beginnings that share their segments': [10_000, (index) => `/${choices(index)}/**/z${index}`]
}
const longest = [
  '/a'.repeat(8192),
  '/a/b'.repeat(4096),
  `/${names.join('/').slice(0, 8191)}${'/a'.repeat(4096)}`,
  `/${names.join('/').slice(0, 16_383)}`
]

for (const [name, [count, pathOf]] of Object.entries(exploding)) {
  t.test(`the longest paths under ${count} rules with ${name} take milliseconds`, (t) => {
    const policy = compilePolicy({
      revision: 'r',
      rules: makeRules(names.map((_, index) => ({ path: pathOf(index) })))
    })
    for (const path of longest) {
      const ms = cpuMsOf(() => t.equal(found(findRaw(policy, path.replace(/\/$/, ''))), 'no_rule'))
      t.ok(ms < 500, `${ms} ms for ${path.slice(0, 12)}`)
    }
    t.end()
  })
}

t.test('one pattern that can be read in many ways does not have all others read so', (t) => {
  const odd = '/%2561%2F%3F;x'
  const rules = names.map((name) => ({ path: `/${name}/**`, paths: tolerant }))
  const policy = compilePolicy({
    revision: 'r',
    rules: makeRules([...rules, { path: odd, paths: tolerant }, { path: '/**', paths: tolerant }])
  })
  const parts = ['%2562', '%2F', '%3F', ';x', 'A']
  const ms = cpuMsOf(() => {
    for (let some = 0; some < 2 ** parts.length; some++)
      findRaw(policy, `//?${parts.filter((_, at) => (some & (1 << at)) !== 0).join('')}`.replace('?', 'x'))
  })
  t.ok(ms < 1000, `${ms} ms`)
  t.end()
})

t.test('globs and every reading of an odd path stay polynomial', (t) => {
  const rules = makeRules([
    { path: '/*a*a*/**/*b*b*', paths: tolerant },
    { path: '/**', paths: tolerant }
  ])
  const policy = compilePolicy({ revision: 'r', rules })
  const ms = cpuMsOf(() => {
    t.equal(found(findRaw(policy, `/${'a'.repeat(8000)}`)), 1)
    t.equal(found(findRaw(policy, `//${';%2F%3F%2541/'.repeat(1200)}`)), 1)
  })
  t.ok(ms < 1000, `${ms} ms`)
  t.end()
})

t.test('no path keeps the canonicaliser busy', (t) => {
  const hostile = ['/a', '/', '%25', ';', '%2561', '%c3%a9', '..', '.a/', '%2F'].map((part) => `/${part.repeat(5000)}`)
  const ms = cpuMsOf(() => {
    for (const path of hostile) for (const end of ['', '%', '<', '/..']) parseCanonicalPath(path + end)
  })
  t.ok(ms < 500, `${ms} ms`)
  t.end()
})
