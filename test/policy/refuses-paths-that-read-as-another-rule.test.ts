import t from 'tap'
import type { PathTolerance } from '../../gateway/domain.js'
import { compilePolicy } from '../../gateway/policy/index.js'
import { findRaw, found, makeRules, strict } from './make-rules.js'

interface Row {
  readonly rules: readonly string[]
  readonly paths?: Partial<PathTolerance>
  readonly expected: Readonly<Record<string, number | string>>
}

const sensitive = { case: 'sensitive' } as const

const rows: Readonly<Record<string, Row>> = {
  'letter case': {
    rules: ['/api/admin/**', '/api/**'],
    expected: {
      '/api/admin/x': 0,
      '/api/admin/X': 0,
      '/api/x': 1,
      '/api/Admin/x': 'bad_path',
      '/api/X': 1,
      '/API/x': 'no_rule'
    }
  },
  'letter case of patterns': {
    rules: ['/API/admin/**', '/api/**'],
    expected: { '/API/admin/x': 0, '/api/admin/x': 'bad_path', '/api/x': 1, '/API/x': 'no_rule' }
  },
  'an upstream that tells /A from /a': {
    rules: ['/api/admin/**', '/api/**'],
    paths: sensitive,
    expected: { '/api/Admin/x': 1, '/api/%2541dmin': 1, '/api/%2561dmin': 'bad_path' }
  },
  'letter case outside ASCII': {
    rules: ['/kelvin/**', '/stra%C3%9Fe', '/%CE%BF%CE%B4%CE%BF%CF%82/*', '/caf%C3%A9', '/**'],
    expected: {
      '/%E2%84%AAelvin': 'bad_path',
      '/STRASSE': 'bad_path',
      '/stra%E1%BA%9Ee': 'bad_path',
      '/%CE%9F%CE%94%CE%9F%CE%A3/x': 'bad_path',
      '/CAF%C3%89': 'bad_path',
      '/caf%C3%A9': 3,
      '/cafe': 4
    }
  },
  'letter case around wildcards': {
    rules: ['/{x}/*%CF%82', '/*.json', '/**'],
    expected: { '/a.JSON': 'bad_path', '/a.json': 1, '/a/%CE%B1%CE%A3': 'bad_path', '/a/%CE%B1%CF%82': 0 }
  },
  'Kelvin in a pattern and a plain path': {
    rules: ['/%E2%84%AA', '/**'],
    expected: { '/k': 'bad_path', '/%E2%84%AA': 0, '/kk': 1 }
  },
  'escapes of reserved characters': {
    rules: ['/@me/**', '/a%2Bb', '/x*y', '/**'],
    paths: sensitive,
    expected: { '/@me': 0, '/%40me': 'bad_path', '/a+b': 'bad_path', '/a%2Bb': 1, '/xzy': 2, '/x%2Ay': 2, '/a%21': 3 }
  },
  'a `*` written as an escape is a letter': {
    rules: ['/a%2A', '/**'],
    expected: { '/a%2A': 0, '/a*': 'bad_path', '/ab': 1 }
  },
  'a `*` takes whole letters only': {
    rules: ['/*9', '/*A9', '/*z', '/**'],
    paths: sensitive,
    expected: { '/%C3%A9': 3, '/x9': 0, '/%C3%A99': 0 }
  },
  'parameters in a pattern, and escapes in the path alone': {
    rules: ['/b;v/**', '/**'],
    paths: { semicolon: 'allow' },
    expected: { '/b;v/x': 0, '/b;v/%C3%A9': 0, '/b;w/%C3%A9': 'bad_path' }
  },
  'what was escaped twice': {
    rules: ['/admin/**', '/%C3%A9/**', '/100%25', '/**'],
    expected: {
      '/%2561dmin': 'bad_path',
      '/%25C3%25A9': 'bad_path',
      '/%25c3%25a9/x': 'bad_path',
      '/100%25': 2,
      '/x%25c3%25a9': 3
    }
  },
  'encoded slashes where nothing allows them': {
    rules: ['/files/**'],
    expected: { '/files/a%2Fb': 'bad_path', '/other/a%2Fb': 'bad_path', '/other': 'no_rule' }
  },
  'encoded slashes where they are allowed': {
    rules: ['/files/secret/**', '/files/{name}', '/files/{name}/raw', '/projects/{id}'],
    paths: { encodedSlash: 'allow' },
    expected: {
      '/files/a%2Fb': 1,
      '/files/a%2Fraw': 'bad_path',
      '/files/a%2Fb/raw': 2,
      '/files/secret%2Fb': 'bad_path',
      '/projects/group%2Fname': 3,
      '/files/a;b': 'bad_path'
    }
  },
  'an encoded slash in the pattern': {
    rules: ['/a%2Fb/**', '/**'],
    paths: { encodedSlash: 'allow' },
    expected: { '/a%2Fb/c': 0, '/a/b/c': 1, '/a%2Fb%2Fc': 'bad_path' }
  },
  'semicolons where they are allowed': {
    rules: ['/admin/**', '/{x}', '/**'],
    paths: { semicolon: 'allow' },
    expected: {
      '/admin;x': 'bad_path',
      '/b;x': 1,
      '/b;x/c': 2,
      '/;x/c': 'bad_path',
      '/b//c': 'bad_path',
      '/;/admin': 'bad_path'
    }
  },
  'params cut before decoding, though an escaped semicolon is data': {
    rules: ['/a/{x}/b', '/**'],
    paths: { semicolon: 'allow' },
    expected: { '/a;q%3F/%3Bx/b%3F': 'bad_path', '/a;q/%3Bx/c': 1 }
  },
  'a semicolon in the pattern': {
    rules: ['/m;v=1/**', '/**'],
    paths: { semicolon: 'allow' },
    expected: { '/m;v=1/x': 0, '/m;v=2/x': 'bad_path', '/n;v=2/x': 1 }
  },
  'a semicolon in the pattern and an escape in the path': {
    rules: ['/m;v=1/**', '/m/**', '/**'],
    paths: { semicolon: 'allow' },
    expected: { '/m;v=1/a%20b': 0, '/m;v=2/a%20b': 'bad_path', '/m/a%20b': 1 }
  },
  'a question mark in the pattern and a semicolon in the path': {
    rules: ['/q%3F*/**', '/q/**', '/**'],
    paths: { semicolon: 'allow' },
    expected: { '/q%3Fx/a;b': 0, '/q/a;b': 1, '/r/a;b': 2 }
  },
  'empty segments where they are allowed': {
    rules: ['/admin/**', '/a/b', '/**'],
    paths: { emptySegments: 'allow' },
    expected: { '//admin': 'bad_path', '/a//b': 'bad_path', '/x//y': 2, '//': 2, '/admin//': 0 }
  },
  'an escaped question mark': {
    rules: ['/admin', '/q/**', '/**'],
    expected: { '/admin%3Fx': 'bad_path', '/admin%23x': 'bad_path', '/q/why%3F': 1 }
  }
}

for (const [name, { rules, paths, expected }] of Object.entries(rows)) {
  t.test(`readings agree on the rule: ${name}`, (t) => {
    const policy = compilePolicy({
      revision: 'r',
      rules: makeRules(rules.map((path) => ({ path, paths: { ...strict, ...paths } })))
    })
    for (const [raw, rule] of Object.entries(expected)) t.equal(found(findRaw(policy, raw)), rule, raw)
    t.end()
  })
}

t.test('the rule that the path is spelt for says what its upstream tolerates', (t) => {
  const policy = compilePolicy({
    revision: 'r',
    rules: makeRules([
      { path: '/admin/**' },
      { path: '/exact/**', paths: { ...strict, case: 'sensitive', semicolon: 'allow' } },
      { path: '/**' }
    ])
  })
  t.equal(found(findRaw(policy, '/exact/a;b')), 1)
  t.equal(found(findRaw(policy, '/other/a;b')), 'bad_path')
  t.equal(found(findRaw(policy, '/Exact/a')), 'bad_path')
  t.end()
})

t.test('host and method take part in every reading', (t) => {
  const policy = compilePolicy({
    revision: 'r',
    rules: makeRules([{ path: '/admin/**', methods: ['POST'], hosts: ['internal'] }, { path: '/**' }])
  })
  t.equal(found(findRaw(policy, '/Admin', 'POST', 'internal')), 'bad_path')
  t.equal(found(findRaw(policy, '/Admin', 'GET', 'internal')), 1)
  t.equal(found(findRaw(policy, '/Admin', 'POST', 'public')), 1)
  t.end()
})
