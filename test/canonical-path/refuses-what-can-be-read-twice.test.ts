import t from 'tap'
import { parseCanonicalPath } from '../../gateway/canonical-path.js'

const refused: Readonly<Record<string, readonly string[]>> = {
  'does not begin with a slash': ['', 'a', '*', 'http://h/a', '%2Fa', '.', '../a'],
  'dot segment': [
    '/.',
    '/..',
    '/./a',
    '/../a',
    '/a/.',
    '/a/..',
    '/a/./b',
    '/a/../b',
    '/%2e',
    '/%2E%2e/a',
    '/.%2e/a',
    '/%2e./a',
    '/a/%2e%2e%2fb',
    '/a/..%2fb',
    '/a%2f..%2fb',
    '/a%2f..',
    '/a%2F%2e%2e/b',
    '/a%2f./b',
    '/..;/a',
    '/..;x=1/a',
    '/a/.;x',
    '/a/%2e%2e;/b',
    '/a/..%3b/b',
    '/a/..%3Bx',
    '/a/..%253b/b',
    '/a/.%253Bx',
    '/a/..%3Fb',
    '/a/..%23b',
    '/a//..//b',
    '/;/../a'
  ],
  backslash: ['/a\\b', '/\\', '/a/..\\b', '/a%5cb', '/a%5Cb', '/..%5cadmin', '/%5C..%5C'],
  'control character': [
    '/a%00',
    '/%00/b',
    '/a%0ab',
    '/a%0D%0Ab',
    '/a%09',
    '/%1f',
    '/a%7f',
    '/a%c2%80',
    '/a%C2%85b',
    '/a%c2%9F'
  ],
  'must be percent-encoded': [
    '/a b',
    '/% 2',
    '/a\tb',
    '/a\0b',
    '/a\r\nb',
    '/a\x7f',
    '/caf\xe9',
    '/caf\xc3\xa9',
    '/\u212aelvin',
    '/a"b',
    '/<a>',
    '/a`b',
    '/{id}',
    '/a\u2028'
  ],
  'query or a fragment': ['/a#b', '/#', '/a?b', '/?'],
  'malformed escape': ['/%', '/%a', '/a%2', '/%zz', '/%2g', '/%g2', '/%u0061', '/%%61', '/a%-1', '/%2%65'],
  'escape of an escape': [
    '/%252e%252e/a',
    '/%252E',
    '/%252f',
    '/a%252Fb',
    '/a%255cb',
    '/a%2500',
    '/a%2523b',
    '/a%253fb',
    '/a%253F',
    '/a%252561',
    '/a%25252e',
    '/%25%32%65',
    '/%25%32e/a',
    '/%25%35%63',
    '/a%250a',
    '/a%250D%250A',
    '/a%257f',
    '/a%25c2%2580',
    '/..%25c0%25af',
    '/%25c0%25ae%25c0%25ae',
    '/%25e0%2580%25af',
    '/a%25%25361',
    '/%25%2532e'
  ],
  'not UTF-8': [
    '/%80',
    '/%ff',
    '/%c0%ae%c0%ae/a',
    '/%c0%af',
    '/%c1%9c',
    '/%e0%80%af',
    '/%e0%80%ae',
    '/%f0%80%80%ae',
    '/%f8%80%80%80%ae',
    '/%ed%a0%80',
    '/%ed%bf%bf',
    '/%f4%90%80%80',
    '/caf%e9',
    '/%c3',
    '/%c3/%a9',
    '/%e2%82',
    '/%c3x%a9'
  ]
}

t.test('what two servers could read in two ways is refused, and why is said without repeating it', (t) => {
  for (const [because, paths] of Object.entries(refused)) {
    for (const raw of paths) {
      const parsed = parseCanonicalPath(raw)
      const name = encodeURI(raw)
      if (!('fault' in parsed)) t.fail(`${name} was accepted as ${parsed.path}`)
      else t.match(parsed.fault, because, name)
    }
  }
  t.end()
})

t.test('every control byte is refused, raw and escaped', (t) => {
  for (let byte = 0; byte < 0x20; byte++) {
    const hex = byte.toString(16).padStart(2, '0')
    for (const raw of [`/a${String.fromCharCode(byte)}b`, `/a%${hex}b`, `/a%25${hex}b`]) {
      t.ok('fault' in parseCanonicalPath(raw), JSON.stringify(raw))
    }
  }
  t.end()
})
