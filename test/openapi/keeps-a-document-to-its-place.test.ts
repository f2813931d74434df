import fc from 'fast-check'
import t from 'tap'
import { oneLine } from '../../gateway/openapi/index.js'
import { documentOf, fileOf, settingsFrom } from '../helpers/openapi.js'

const evil = [
  'a\n  - path: /**\n    allow: anyone\n    to: api',
  'a\r- b',
  'a\u2028b\u2029c\u0085d',
  '\u001b[2J\u001b[31mred\u0007',
  '\u202Eeman\u202C',
  '\u0000\uFEFF\uD800',
  '# "quoted" \'twice\' ' + '$' + '{HOME} }}{{ %YAML --- ...'
]

t.test('nothing that a document says of an operation gets out of its comment', async (t) => {
  for (const [index, text] of evil.entries()) {
    const operation = { operationId: text, summary: text, 'x-roles': [text], security: [{ [text]: [text] }] }
    const info = { title: text, version: text }
    const file = fileOf(documentOf({ '/a': { get: operation } }, { info }))
    t.notMatch(file, /[^\n\P{C}]|[\u2028\u2029]/u, `text ${index}`)
    const { rules } = settingsFrom(documentOf({ '/a': { get: operation } }, { info }))
    t.strictSame(
      rules.map(({ path, allow }) => [path, allow.kind]),
      [['/a', 'nobody']],
      `text ${index}`
    )
  }
})

t.test('whatever the names in a document are, its file is read as the operations that it has', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  fc.assert(
    fc.property(text, text, text, text, (path, id, scope, url) => {
      const oauth = { type: 'oauth2' }
      const document = documentOf(
        {
          '/known': { get: { security: [] } },
          [`/${path}`]: { get: { operationId: id, security: [{ oauth: [scope] }] } }
        },
        { components: { securitySchemes: { oauth } }, servers: [{ url: `https://h/${url}` }] }
      )
      const rules = read(document)
      return rules === null || rules.filter(({ allow }) => allow.kind === 'anyone').length <= 1
    }),
    { interruptAfterTimeLimit: 2000 }
  )
})

/** null: the document itself is mistaken. */
function read(document: object) {
  try {
    fileOf(document)
  } catch {
    return null
  }
  return settingsFrom(document).rules
}

t.test('a line of text is visible, and no longer than asked', async (t) => {
  t.equal(oneLine('  a \t b\n\nc '), 'a b c')
  t.equal(oneLine('x'.repeat(200), 10), `${'x'.repeat(9)}…`)
  t.equal(oneLine('naïve “quotes” 🐕'), 'naïve “quotes” 🐕')
})

t.test('the same document gives the same file', async (t) => {
  const document = documentOf({ '/b': { post: {}, get: {} }, '/a': { get: {} } })
  t.equal(fileOf(document), fileOf(document))
})
