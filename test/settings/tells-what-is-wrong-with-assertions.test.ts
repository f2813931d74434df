import t from 'tap'
import { mistakesOf, rest } from './reading.js'

/** An entry of `assertions` and what must be said of it; the entry begins at column 3 of line 2. */
const table: readonly (readonly [entry: string, mistakes: readonly string[]])[] = [
  ['never: { path: /a, unless: { roles: [admin] } }', []],
  ['always: { path: "/{id}", allow: { claims: { sub: "{id}" } } }', []],
  ['nevr: { path: /a }', ["2:5 assertions[0].nevr: is not a known key, did you mean 'never'?"]],
  ['name: x', ['2:5 assertions[0].never: is missing, an assertion says never or always']],
  [
    '{ never: { path: /a }, always: { path: /b, allow: anyone } }',
    ['2:28 assertions[0].always: must be an assertion of its own, never stands here already']
  ],
  ['always: { path: /a }', ['2:13 assertions[0].always.allow: is missing']],
  [
    'never: { path: /a, unles: anyone }',
    ["2:24 assertions[0].never.unles: is not a known key, did you mean 'unless'?"]
  ],
  [
    'never: { path: /a, unless: anyone }',
    ['2:32 assertions[0].never.unless: asserts nothing: with anyone it always holds']
  ],
  [
    'always: { path: /a, allow: nobody }',
    ['2:32 assertions[0].always.allow: asserts nothing: with nobody it always holds']
  ],
  [
    'never: { path: "/{id}", unless: { claims: { sub: "{ib}" } } }',
    ["2:54 assertions[0].never.unless.claims.sub: the path has no segment '{ib}' to compare with, did you mean 'id'?"]
  ],
  [
    'never: { path: /a, unless: { issuers: [corp] } }',
    ["2:44 assertions[0].never.unless.issuers[0]: no issuer is called 'corp', the names are self"]
  ],
  [
    'never: { path: /a, methods: [get] }',
    ['2:34 assertions[0].never.methods[0]: must be a method such as GET, write GET']
  ]
]

t.test('each mistake of an assertion has its place and what was meant', (t) => {
  for (const [entry, mistakes] of table) t.same(mistakesOf(`assertions:\n  - ${entry}\n${rest}`), mistakes, entry)
  t.end()
})

t.test('a path that cannot be read is no assertion', (t) => {
  t.match(mistakesOf(`assertions:\n  - never: { path: a }\n${rest}`), [/^2:20 assertions\[0\]\.never\.path: /])
  t.end()
})
