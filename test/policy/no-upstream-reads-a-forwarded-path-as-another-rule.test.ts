import fc from 'fast-check'
import t from 'tap'
import { compilePolicy } from '../../gateway/policy/index.js'
import { untilSeen } from '../helpers/until-seen.js'
import { findRaw, found, makeRules, strict, tolerant } from './make-rules.js'

/** What servers do to a path, in an order of their own choice; written without a look at the canonicaliser. */
const habits: readonly ((path: string) => string)[] = [
  (path) => path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => path.toLowerCase(),
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/+/g, '/'),
  (path) => path.replace(/[?#\0].*$/s, ''),
  (path) => {
    const segments: string[] = []
    for (const segment of path.split('/')) {
      if (segment === '..') segments.pop()
      else if (segment !== '.') segments.push(segment)
    }
    return segments.join('/')
  }
]

const spellings = ['a', 'A', '%61', '%41', '%2561', '%25%36%31', '%252561']
const letters = fc
  .tuple(
    ...[...'admin'].map((letter) =>
      fc.constantFrom(letter, letter, letter, ...spellings.map((s) => (letter === 'a' ? s : letter)))
    )
  )
  .map((parts) => parts.join(''))
const noise = fc.constantFrom(
  '',
  '',
  'x',
  '.',
  '..',
  ';',
  ';a=b',
  '%2e',
  '%2e%2e',
  '%252e',
  '%00',
  '%3f',
  '%23',
  '%3b',
  '%253b',
  'y%20z'
)
const divider = fc.constantFrom('/', '/', '/', '//', '%2f', '%2F', '%252f', '\\', '%5c', '%255C', ';/', '/;/')
const target = fc
  .array(fc.tuple(divider, fc.oneof(letters, noise), noise), { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.flat().join('')}`.replace(/^\/\//, '/'))

const belongsToAdmin = (path: string): boolean => path === '/admin' || path.startsWith('/admin/')

for (const [name, paths] of [
  ['nothing', strict],
  ['every oddity', tolerant]
] as const) {
  t.test(`what is forwarded under the open rule is never /admin to an upstream, tolerating ${name}`, (t) => {
    const policy = compilePolicy({
      revision: 'r',
      rules: makeRules([
        { path: '/admin/**', paths },
        { path: '/**', paths }
      ])
    })
    let forwarded = 0
    untilSeen(
      () => forwarded > 500,
      () =>
        fc.assert(
          fc.property(target, fc.array(fc.constantFrom(...habits), { maxLength: 7 }), (raw, habit) => {
            const match = findRaw(policy, raw)
            if (found(match) !== 1) return true
            forwarded++
            return !belongsToAdmin(habit.reduce((path, change) => change(path), raw))
          }),
          { numRuns: 100_000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false }
        )
    )
    t.ok(forwarded > 500, `${forwarded} paths were forwarded`)
    t.end()
  })
}
