import t from 'tap'
import { mistakesOf, rest, settingsOf } from './reading.js'

t.test('names that objects inherit are not defined by that', (t) => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const source = `default_limits: [${name}]\nupstreams: { app: { url: "http://a" } }\nrules: [{ path: /a, allow: anyone, to: ${name} }]\n`
    t.same(mistakesOf(source), [
      `1:18 default_limits[0]: no limit is called '${name}'`,
      `3:40 rules[0].to: no upstream is called '${name}', the names are app`
    ])
    t.match(mistakesOf(`${name}: 1\n${rest}`)[0], `1:1 ${name}: is not a known key`)
  }
  t.end()
})

t.test('names that objects inherit may be given', (t) => {
  const source = `limits: { constructor: { by: ip, requests: 1, window: 1s } }
tokens: { claims: { toString: user.valueOf } }
identity: { headers: { constructor: toString } }
upstreams: { toString: { url: "http://a" } }
rules: [{ path: /a, allow: { claims: { toString: x } }, to: toString, limit: constructor }]
`
  const settings = settingsOf(source)
  t.equal(settings.limits.constructor?.name, 'constructor')
  t.equal(settings.tokens.claims.toString, 'valueOf')
  t.match(settings.rules[0], { upstream: 'toString', limits: ['constructor'] })
  t.end()
})

t.test('records inherit nothing', (t) => {
  const settings = settingsOf(rest)
  for (const record of [settings.limits, settings.upstreams, settings.tokens.claims, settings.identity.headers]) {
    t.equal(Object.getPrototypeOf(record), null)
  }
  t.end()
})

t.test('__proto__ is refused as a name wherever it stands', (t) => {
  for (const source of ['__proto__: {}', 'limits: { __proto__: {} }', 'identity: { headers: { __proto__: sub } }']) {
    const mistakes = mistakesOf(`${source}\n${rest}`)
    t.equal(mistakes.length, 1)
    t.match(mistakes[0], /__proto__: cannot be used as a name$/)
  }
  t.end()
})
