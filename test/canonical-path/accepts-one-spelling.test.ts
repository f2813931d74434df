import t from 'tap'
import { EmptySegments, EncodedSlash, parseCanonicalPath, Semicolon } from '../../gateway/canonical-path.js'

const accepted: readonly (readonly [raw: string, canonical: string, oddities?: number])[] = [
  ['/', '/'],
  ['/a', '/a'],
  ['/a/', '/a/'],
  ['/a/b/c', '/a/b/c'],
  ['/API/Users', '/API/Users'],
  ["/-._~!$&'()*+,=:@", "/-._~!$&'()*+,=:@"],
  ['/.well-known/jwks.json', '/.well-known/jwks.json'],
  ['/...', '/...'],
  ['/..a', '/..a'],
  ['/a..', '/a..'],
  ['/a./b', '/a./b'],
  ['/.a/..b/c.', '/.a/..b/c.'],
  ['/a.b.c/d', '/a.b.c/d'],
  ['/[slug]|x^y', '/[slug]|x^y'],
  ['/%61%62%63', '/abc'],
  ['/%41', '/A'],
  ['/%7Eme', '/~me'],
  ['/%7eme', '/~me'],
  ['/%2Dx%2ex%5Fx', '/-x.x_x'],
  ['/%30%39', '/09'],
  ['/a%2eb', '/a.b'],
  ['/%2e%2e%2e', '/...'],
  ['/a%20b', '/a%20b'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/%e2%82%ac', '/%E2%82%AC'],
  ['/%f0%9f%94%80', '/%F0%9F%94%80'],
  ['/%ef%bf%bf', '/%EF%BF%BF'],
  ['/a%3Fb', '/a%3Fb'],
  ['/a%3fb%23c', '/a%3Fb%23c'],
  ['/%40%3a%2b', '/%40%3A%2B'],
  ['/%7B%7d%22%3c', '/%7B%7D%22%3C'],
  ['/100%25', '/100%25'],
  ['/100%25/x', '/100%25/x'],
  ['/100%25%25', '/100%25%25'],
  ['/5%25fat', '/5%25fat'],
  ['/double%25c3%25a9', '/double%25c3%25a9'],
  ['/double%25%36%31', '/double%2561'],
  ['/a%2Fb', '/a%2Fb', EncodedSlash],
  ['/a%2fb', '/a%2Fb', EncodedSlash],
  ['/%2f', '/%2F', EncodedSlash],
  ['/a;b', '/a;b', Semicolon],
  ['/a%3bb', '/a%3Bb', Semicolon],
  ['/a;v=1/b;', '/a;v=1/b;', Semicolon],
  ['/...;x', '/...;x', Semicolon],
  ['//', '//', EmptySegments],
  ['//a', '//a', EmptySegments],
  ['/a//', '/a//', EmptySegments],
  ['/a///b', '/a///b', EmptySegments],
  ['//a;b%2f', '//a;b%2F', EncodedSlash | Semicolon | EmptySegments]
]

t.test('an accepted path has one spelling, and its oddities are named', (t) => {
  for (const [raw, canonical, oddities = 0] of accepted) {
    t.strictSame(parseCanonicalPath(raw), { path: canonical, oddities }, raw)
  }
  t.end()
})
