import t from 'tap'
import { parsePattern, readPattern } from '../../gateway/policy/index.js'

const accepted: readonly (readonly [text: string, canonical: string, names?: readonly string[]])[] = [
  ['/', '/'],
  ['/a/', '/a/'],
  ['/**', '/**'],
  ['/%61pi/%7eme/**', '/api/~me/**'],
  ['/caf%c3%a9/*', '/caf%C3%A9/*'],
  ['/a/*.json', '/a/*.json'],
  ['/v*/a*b*c*', '/v*/a*b*c*'],
  ['/.*', '/.*'],
  ['/..*', '/..*'],
  ['/%2A', '/%2A'],
  ['/api/users/{id}/**', '/api/users/{id}/**', ['id']],
  ['/{a}/{B_2}', '/{a}/{B_2}', ['a', 'B_2']],
  ['/{a}/**/{b}/**/{c}', '/{a}/**/{b}/**/{c}', ['a', 'c']],
  ['/**/{__proto__}', '/**/{__proto__}', ['__proto__']],
  ['/a;b', '/a;b'],
  [`/${'a/'.repeat(31)}a`, `/${'a/'.repeat(31)}a`]
]

t.test('a pattern is made canonical as paths are', (t) => {
  for (const [text, path, names = []] of accepted) {
    const read = readPattern(text)
    if ('fault' in read) t.fail(`${text}: ${read.fault}`)
    else t.strictSame([read.path, read.names], [path, names], text)
    t.strictSame(readPattern(path), read, 'and is then its own canonical form')
  }
  t.end()
})

const refused: readonly (readonly [text: string, because: RegExp])[] = [
  ['', /begin with a slash/],
  ['a', /begin with a slash/],
  ['**', /begin with a slash/],
  ['//', /last segment/],
  ['/a//b', /last segment/],
  ['/a/**b', /whole segment/],
  ['/a***', /whole segment/],
  ['/**/**/**', /at most 2/],
  ['/a*b*c*d*', /at most 3/],
  ['/{id', /whole segment/],
  ['/id}', /whole segment/],
  ['/{}', /whole segment/],
  ['/{1a}', /whole segment/],
  ['/{a-b}', /whole segment/],
  ['/x{id}', /whole segment/],
  ['/{id}.json', /whole segment/],
  ['/{a}/{a}', /once/],
  ['/a/../b', /dot segment/],
  ['/%2e%2e/*', /dot segment/],
  ['/a#b', /query or a fragment/],
  ['/a?b=c', /query or a fragment/],
  ['/a b', /percent-encoded/],
  ['/café', /percent-encoded/],
  ['/a\\b', /backslash/],
  ['/%00', /control/],
  ['/%', /malformed/],
  ['/%2*', /malformed/],
  ['/%*41', /malformed/],
  ['/%c3*', /UTF-8/],
  ['/*%a9', /UTF-8/],
  ['/%c3*%a9', /UTF-8/],
  ['/%252e', /escape of an escape/],
  [`/${'a/'.repeat(32)}a`, /32 segments/],
  [`/${'a'.repeat(1024)}`, /1024 bytes/]
]

t.test('a pattern that no request can fit, or that says nothing definite, is a fault', (t) => {
  for (const [text, because] of refused) {
    const read = readPattern(text)
    t.match('fault' in read ? read.fault : 'accepted', because, text)
  }
  t.end()
})

t.test('a named segment counts from the start before a `**`, and from the end after it', (t) => {
  const parsed = parsePattern('/x/{a}/**/{b}/**/{c}/y')
  t.strictSame('pattern' in parsed ? [...parsed.pattern.positions] : [], [
    ['a', 1],
    ['c', -2]
  ])
  t.end()
})

t.test('oddities of literals are told, since such a rule needs `paths` to allow them', (t) => {
  const needs = ['/a', '/a%2Fb', '/a;b'].map((text) => {
    const read = readPattern(text)
    return 'fault' in read ? read.fault : read.needs
  })
  t.strictSame(needs, [[], ['encodedSlash'], ['semicolon']])
  t.end()
})
