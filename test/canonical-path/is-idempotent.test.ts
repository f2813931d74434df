import fc from 'fast-check'
import t from 'tap'
import { EmptySegments, EncodedSlash, parseCanonicalPath, Semicolon } from '../../gateway/canonical-path.js'
import { untilSeen } from '../helpers/until-seen.js'

const timeBox = { numRuns: 20_000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false }

const hex = fc.integer({ min: 0, max: 255 }).map((byte) => byte.toString(16).padStart(2, '0'))
const escapeOf = fc
  .oneof(
    hex,
    hex.map((digits) => digits.toUpperCase())
  )
  .map((digits) => `%${digits}`)
const piece = fc.oneof(
  escapeOf,
  fc.constantFrom(
    '/',
    '.',
    '..',
    ';',
    '%25',
    '%2e',
    '%2F',
    '%3b',
    '2',
    '5',
    'e',
    'a',
    'A',
    '~',
    '*',
    '[',
    '%c3%a9',
    '%'
  ),
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 2 })
)
const target = fc.array(piece, { maxLength: 10 }).map((pieces) => `/${pieces.join('')}`)

t.test('a canonical path is its own canonical form', (t) => {
  let accepted = 0
  untilSeen(
    () => accepted > 1000,
    () =>
      fc.assert(
        fc.property(target, (raw) => {
          const first = parseCanonicalPath(raw)
          if ('fault' in first) return true
          accepted++
          const second = parseCanonicalPath(first.path)
          return !('fault' in second) && second.path === first.path && second.oddities === first.oddities
        }),
        timeBox
      )
  )
  t.ok(accepted > 1000, `${accepted} paths were accepted`)
  t.end()
})

t.test('canonicalising changes the spelling, never the meaning, and names every oddity', (t) => {
  let accepted = 0
  untilSeen(
    () => accepted > 1000,
    () =>
      fc.assert(
        fc.property(target, (raw) => {
          const parsed = parseCanonicalPath(raw)
          if ('fault' in parsed) return true
          accepted++
          const { path, oddities } = parsed
          const meaning = decodeURIComponent(path)
          const has = (bit: number): boolean => (oddities & bit) !== 0
          return (
            meaning === decodeURIComponent(raw) &&
            /^[!-~]+$/.test(path) &&
            !/[\0-\x1f\x7f-\x9f\\]/.test(meaning) &&
            !meaning.split('/').some((segment) => ['.', '..'].includes(segment.replace(/;.*/s, ''))) &&
            has(Semicolon) === meaning.includes(';') &&
            has(EncodedSlash) === meaning.split('/').length > path.split('/').length &&
            has(EmptySegments) === path.includes('//')
          )
        }),
        timeBox
      )
  )
  t.ok(accepted > 1000, `${accepted} paths were accepted`)
  t.end()
})
