import t, { type Test } from 'tap'
import { cpuMsOf } from '../helpers/cpu-time.js'
import { mistakesOf, rest } from './reading.js'

const within = (t: Test, ms: number, read: () => readonly string[], expected: string | RegExp, name: string) => {
  const took = cpuMsOf(() => t.match(read()[0], expected, name))
  t.ok(took < ms, `${name} takes less than ${ms} ms: ${took} ms`)
}

t.test('deep nesting is refused at the first level too many', (t) => {
  const deep = /^1:\d+ is nested more than 32 levels deep$/
  within(t, 1000, () => mistakesOf('['.repeat(1_000_000)), deep, 'lists')
  within(t, 1000, () => mistakesOf('{a: '.repeat(500_000)), deep, 'maps')
  within(t, 1000, () => mistakesOf('- '.repeat(500_000)), deep, 'block lists')
  within(t, 1000, () => mistakesOf(`a: ${'['.repeat(33)}${']'.repeat(33)}`), deep, 'one too many')
  t.end()
})

t.test('a large file is refused before it is read', (t) => {
  within(t, 500, () => mistakesOf(`# ${'x'.repeat(4 * 1024 * 1024)}`), '1:1 the file is larger than 4 MiB', 'comment')
  t.end()
})

t.test('aliases that expand without end are refused', (t) => {
  const levels = Array.from({ length: 12 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`)
  const bomb = `l0: &l0 [a, b]\n${levels.join('\n')}\n${rest}`
  const found = () => mistakesOf(bomb).filter((mistake) => mistake.includes('expand'))
  within(t, 2000, found, /aliases expand to more than 20000 values$/, 'bomb')
  t.equal(found().length, 1, 'told once')
  const deep = () => mistakesOf(`trusted_proxies: &a [*a]\n${rest}`).filter((mistake) => mistake.includes('deep'))
  within(t, 500, deep, /is nested more than 32 levels deep$/, 'cycle')
  t.end()
})

t.test('many keys are read in linear time', (t) => {
  const keys = Array.from({ length: 9_900 }, (_, n) => `k${n}: 1`).join('\n')
  within(t, 5000, () => mistakesOf(`${keys}\n${rest}`), /^1:1 k0: is not a known key/, 'keys')
  const many = `${keys}\n${keys.replaceAll('k', 'l')}\n${rest}`
  t.same(mistakesOf(many), ['1:1 must not hold more than 10000 entries'])
  t.end()
})
