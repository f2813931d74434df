import t from 'tap'
import { mistakesOf, rest, settingsOf, withRule } from './reading.js'

const environment = { HOST: 'a.example', EMPTY: '', PORT: '8443', YAML: '{ a: [1', NESTED: `\${HOST}`, ON: 'true' }

const malformed = `write \${NAME} or \${NAME:-default}, or $\${ for a plain \${`

t.test('references are replaced inside values', (t) => {
  const table: readonly (readonly [written: string, read: string])[] = [
    [`\${HOST}`, 'a.example'],
    [`\${MISSING:-b.example}`, 'b.example'],
    [`\${EMPTY:-b.example}`, 'b.example'],
    [`\${HOST:-b.example}`, 'a.example'],
    [`x\${HOST}y\${PORT}`, 'xa.exampley8443'],
    [`$\${HOST}`, `\${HOST}`],
    ['$HOST', '$HOST'],
    [`$$$\${HOST}`, `$$\${HOST}`],
    [`\${MISSING:-a:-b}`, 'a:-b'],
    [`\${YAML}`, '{ a: [1'],
    [`\${NESTED}`, `\${HOST}`],
    [`a\${MISSING:-}b`, 'ab']
  ]
  for (const [written, read] of table) {
    const settings = settingsOf(`logs: { audit: "${written}" }\n${rest}`, environment)
    t.same(settings.logs.audit, { kind: 'file', path: `/etc/portcullis/${read}` }, written)
  }
  t.end()
})

t.test('text from the environment serves where a number or a boolean is meant', (t) => {
  const source = `listen: \${PORT}\nadmin: { insecure_listen_everywhere: "\${ON}" }\nlistener_limit: { requests: "\${PORT}", window: 1s }\n${rest}`
  const settings = settingsOf(source, environment)
  t.equal(settings.listen.port, 8443)
  t.equal(settings.listenerLimit?.requests, 8443)
  t.end()
})

t.test('what cannot be replaced is a mistake at its place', (t) => {
  const table: readonly (readonly [written: string, mistakes: readonly string[]])[] = [
    [`\${MISSING}`, [`the environment variable 'MISSING' is not set, set it, or write \${MISSING:-default}`]],
    [
      `\${constructor}`,
      [`the environment variable 'constructor' is not set, set it, or write \${constructor:-default}`]
    ],
    ['${', [`has a '\${' that is no reference, ${malformed}`]],
    [`\${}`, [`has a '\${' that is no reference, ${malformed}`]],
    [`\${A-b}`, [`has a '\${' that is no reference, ${malformed}`]],
    [
      `\${A:-\${B}}`,
      [
        `has a '\${' that is no reference, ${malformed}`,
        `the environment variable 'B' is not set, set it, or write \${B:-default}`
      ]
    ],
    [
      `\${ONE}\${TWO}`,
      [
        `the environment variable 'ONE' is not set, set it, or write \${ONE:-default}`,
        `the environment variable 'TWO' is not set, set it, or write \${TWO:-default}`
      ]
    ]
  ]
  for (const [written, messages] of table) {
    const expected = messages.map((message) => `1:13 public_url: ${message}`)
    t.same(mistakesOf(`public_url: ${written}\n${rest}`, environment), expected, written)
  }
  t.end()
})

t.test('keys are not replaced', (t) => {
  t.same(mistakesOf(`limits: { "\${HOST}": { by: ip, requests: 1, window: 1s } }\n${rest}`, environment), [
    `1:11 limits['\${HOST}']: must be a name of letters, digits and _ . -`
  ])
  t.end()
})

t.test('a value that is set but empty is not absent', (t) => {
  t.same(mistakesOf(`public_url: \${EMPTY}\n${rest}`, environment), [
    '1:13 public_url: must be an origin such as https://api.example.com'
  ])
  t.same(mistakesOf(withRule(`{ path: /a, allow: "\${EMPTY}", to: app }`), environment).length, 1)
  t.end()
})
