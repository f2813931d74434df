import t from 'tap'
import { apiOf, documentOf, mistakesOf } from '../helpers/openapi.js'

const table: Readonly<Record<string, readonly [document: string | object, ...mistakes: string[]]>> = {
  'no document': ['', '1:1 : is no OpenAPI document: it must begin with openapi: 3.x or swagger: "2.0"'],
  'a text': ['hello', '1:1 : is no OpenAPI document: it must begin with openapi: 3.x or swagger: "2.0"'],
  'another version': ['openapi: 4.0.0\npaths: {}\n', '1:1 : is of version 4.0.0: 3.0, 3.1 and 2.0 are read'],
  'no paths': ['openapi: 3.0.0\n', '1:1 : has no paths'],
  'no operations': ['openapi: 3.0.0\npaths:\n  /a: {}\n', '2:1 /paths: has no operations'],
  'no operation that a rule can say': [
    'openapi: 3.0.0\npaths:\n  /a;b:\n    get: {}\n',
    '2:1 /paths: has no operation that a rule can be written for: odd'
  ],
  'broken YAML': [
    'openapi: 3.0.0\npaths: [\n',
    '3:1 : is not valid: Flow sequence in block collection must be sufficiently indented and end with a ]'
  ],
  'broken JSON': [
    '{\n "openapi": "3.0.0",\n "paths" {}\n}',
    '3:10 : is not valid: Missing , or : between flow map items'
  ],
  'a key twice': ['openapi: 3.0.0\npaths: {}\npaths: {}\n', '3:1 : a key is given twice'],
  'two documents': ['openapi: 3.0.0\n---\nopenapi: 3.0.0\n', '2:1 : a second document begins here'],
  'a path without a slash': [
    'openapi: 3.0.0\npaths:\n  pets:\n    get: {}\n',
    '3:3 /paths/pets: is no path: it must begin with a slash'
  ],
  'a brace too many': [
    'openapi: 3.0.0\npaths:\n  /a/{id:\n    get: {}\n  /b}:\n    get: {}\n',
    '3:3 /paths/~1a~1{id: has a brace without its counterpart',
    '5:3 /paths/~1b}: has a brace without its counterpart'
  ],
  'security that is no list': [
    'openapi: 3.0.0\npaths:\n  /a~b:\n    get:\n      security: { oauth: [] }\n',
    '5:7 /paths/~1a~0b/get/security: must be a list of security requirements'
  ],
  'requirements that are no lists': [
    'openapi: 3.0.0\nsecurity: [{ oauth: read }]\npaths:\n  /a:\n    get: {}\n',
    '2:12 /security/0: must be a map from names of schemes to lists of scopes or roles'
  ],
  'roles that are no words': [
    'openapi: 3.0.0\npaths:\n  /a:\n    get:\n      x-roles: { admin: true }\n',
    '5:7 /paths/~1a/get/x-roles: must be a role or a list of roles'
  ],
  'an operation that is none': [
    'openapi: 3.0.0\npaths:\n  /a:\n    get:\n',
    '4:5 /paths/~1a/get: must be an operation'
  ],
  'a server that is none': [
    'openapi: 3.0.0\nservers:\n  - url: ftp://x\npaths:\n  /a:\n    get: {}\n',
    '3:5 /servers/0: must be http or https'
  ],
  'a server variable without default': [
    'openapi: 3.0.0\nservers:\n  - url: https://{a}.x/{b}\npaths:\n  /a:\n    get: {}\n',
    '3:5 /servers/0: has no default for the variable a, b'
  ],
  'a reference to nothing': [
    'openapi: 3.1.0\npaths:\n  /a: { $ref: "#/components/pathItems/a" }\n',
    '3:3 /paths/~1a: $ref leads nowhere'
  ],
  'a reference to another file': [
    'openapi: 3.1.0\npaths:\n  /a: { $ref: "a.yaml" }\n',
    '3:3 /paths/~1a: refers to another document: bundle all of them into one first'
  ],
  'references in a circle': [
    'openapi: 3.1.0\npaths:\n  /a: { $ref: "#/paths/~1b" }\n  /b: { $ref: "#/paths/~1a" }\n',
    '3:3 /paths/~1a: $ref leads in a circle',
    '4:3 /paths/~1b: $ref leads in a circle'
  ],
  JSON: [
    documentOf({ '/a': { get: { security: {} } } }),
    '6:9 /paths/~1a/get/security: must be a list of security requirements'
  ]
}

t.test('each mistake is told with its line and its pointer', async (t) => {
  for (const [name, [document, ...mistakes]] of Object.entries(table))
    t.strictSame(mistakesOf(document), mistakes, name)
})

t.test('a document that is made to be expensive is refused in little time', async (t) => {
  const started = Date.now()
  t.match(mistakesOf(`openapi: ${'['.repeat(500_000)}`), [/nested more than 256 levels deep/])
  const bombs = Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`)}]`
  )
  t.match(mistakesOf(`a0: &a0 [x]\n${bombs.join('\n')}\n`), [/aliases .* too much/])
  t.match(mistakesOf(`{"openapi":"3.0.0"}${' '.repeat(33 * 1024 * 1024)}`), [/larger than 32 MiB/])
  t.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`)
})

t.test('a document of very many operations is read in little time, or refused', async (t) => {
  const started = Date.now()
  const manyPaths = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        index % 2 === 0 ? `/{x}/p${index}` : `/p${index}/{x}`,
        { get: { 'x-roles': [`r${index % 2}`] } }
      ])
    )
  const { notes, overlaps } = apiOf(documentOf(manyPaths(10_000)))
  t.equal(overlaps.length, 1000)
  t.match(notes, [/more requests fit two of its operations than are looked at/])
  t.match(mistakesOf(documentOf(manyPaths(10_001))), [/\/paths: has more than 10000 operations$/])
  t.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`)
})
