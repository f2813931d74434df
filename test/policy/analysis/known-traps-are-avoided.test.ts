import t from 'tap'
import { findDeadRules, preparePolicy } from '../../../gateway/policy/index.js'
import { makeRules, type RuleParts, strict } from '../make-rules.js'

const sensitive = { ...strict, case: 'sensitive' } as const
const everyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']

interface Row {
  readonly rules: readonly (string | RuleParts)[]
  /** Places of the rules that can never decide, each with what hides it. */
  readonly dead: Readonly<Record<number, readonly number[]>>
}

const rows: Readonly<Record<string, Row>> = {
  'a glob without another has words that are far': { rules: ['/a*.json', '/*.json', '/*n'], dead: {} },
  'globs that together leave a word': { rules: ['/*a*', '/*b*', '/*.c', '/{x}'], dead: {} },
  'a glob inside another': { rules: ['/*a*', '/b*ab'], dead: { 1: [0] } },
  'placeholders by other names': { rules: ['/{a}/{b}', '/{c}/{d}', '/*/x'], dead: { 1: [0], 2: [0] } },
  'two placeholders take different words': { rules: ['/{a}/x', '/x/{b}', '/{a}/{b}'], dead: {} },
  'a trailing slash is left': { rules: ['/', '/{a}', '/{a}/{b}/**', '/**'], dead: {} },
  'nothing is left without the trailing slash': {
    rules: ['/', '/{a}', '/{a}/', '/{a}/{b}/**', '/**'],
    dead: { 4: [0, 1, 2, 3] }
  },
  'the host alone is no path': { rules: ['/', '/{a}/**', '/**'], dead: { 2: [0, 1] } },
  'all listed methods are not all': {
    rules: [{ path: '/a', methods: everyMethod }, '/a', { path: '/a', methods: ['GET'] }],
    dead: { 2: [0] }
  },
  'GET covers HEAD, not the reverse': {
    rules: [
      { path: '/a', methods: ['HEAD'] },
      { path: '/a', methods: ['GET'] },
      { path: '/a', methods: ['HEAD'] }
    ],
    dead: { 2: [0] }
  },
  'methods and paths that are covered apart': {
    rules: [
      { path: '/a/**', methods: ['GET'] },
      { path: '/{x}/b', methods: ['POST'] },
      { path: '/a/b', methods: ['GET', 'POST'] },
      { path: '/a/{y}', methods: ['GET', 'POST'] }
    ],
    dead: { 2: [0, 1] }
  },
  'hosts that are covered apart': {
    rules: [
      { path: '/a', hosts: ['one'] },
      { path: '/a', hosts: ['two'] },
      { path: '/a', hosts: ['one', 'two'] },
      '/a'
    ],
    dead: { 2: [0, 1] }
  },
  'many rules of which few hide': { rules: ['/b/**', '/{x}/c', '/a/{y}', '/a/c/**', '/a/{z}'], dead: { 4: [2] } },
  'an escape is one letter': { rules: ['/*9', '/%C3%A9', '/%C3%A99'], dead: { 2: [0] } },
  'an escape and its character': { rules: [{ path: '/@me' }, { path: '/%40me' }], dead: { 1: [0] } },
  'letter case hides where it is ignored': {
    rules: ['/API/**', '/api/**', { path: '/Api/**', paths: sensitive }],
    dead: { 1: [0] }
  },
  'letters beyond ASCII': { rules: ['/stra%C3%9Fe', '/STRASSE', '/%E2%84%AA', '/k'], dead: { 1: [0], 3: [2] } },
  'letter case of a glob': { rules: ['/*A*', '/{x}', '/a'], dead: { 2: [0] } },
  'dot segments are in no path': { rules: ['/.*x*', '/*x*.', '/.*', '/*.', '/{x}'], dead: {} }
}

for (const [name, { rules, dead }] of Object.entries(rows)) {
  t.test(`dead rules: ${name}`, (t) => {
    const made = makeRules(rules.map((rule) => (typeof rule === 'string' ? { path: rule } : rule)))
    const lives = findDeadRules(preparePolicy({ revision: 'r', rules: made }))
    const found = lives.flatMap((each) =>
      each.life === 'alive'
        ? []
        : [[each.rule.index, each.life === 'dead' ? each.hiddenBy.map(({ index }) => index) : each.life]]
    )
    t.strictSame(Object.fromEntries(found), dead)
    t.end()
  })
}

t.test('what the gateway answers itself hides rules too', (t) => {
  const rules = makeRules([{ path: '/auth/login' }, { path: '/auth/{x}', hosts: ['other'] }])
  const closed = [{ path: '/auth', hosts: ['api'] }]
  const [login, other] = findDeadRules(preparePolicy({ revision: 'r', rules, closed }))
  t.match(login, { life: 'alive', witness: { path: '/auth/login' } })
  t.match(other, { life: 'alive', witness: { host: 'other' } })
  const [hidden] = findDeadRules(preparePolicy({ revision: 'r', rules, closed: [{ path: '/auth', hosts: null }] }))
  t.match(hidden, { life: 'dead', hiddenBy: [], hiddenByClosed: [{ path: '/auth' }] })
  t.end()
})

t.test('a rule that only another spelling takes everything from is told apart', (t) => {
  const told = (first: string): boolean | string => {
    const [, second] = findDeadRules(
      preparePolicy({ revision: 'r', rules: makeRules([{ path: first }, { path: '/api/**' }]) })
    )
    return second?.life === 'dead' ? second.bySpelling : 'not dead'
  }
  t.equal(told('/API/**'), true)
  t.equal(told('/api/**'), false)
  t.end()
})

t.test('a rule whose own letters are read in several ways is alive or undecided, never dead', (t) => {
  const paths = { ...strict, encodedSlash: 'allow', semicolon: 'allow' } as const
  const rules = makeRules([
    { path: '/a%2Fb', paths },
    { path: '/{x}', paths },
    { path: '/c%2Fd', paths }
  ])
  const lives = findDeadRules(preparePolicy({ revision: 'r', rules }))
  t.strictSame(
    lives.map(({ life }) => life),
    ['alive', 'alive', 'undecided']
  )
  t.match(lives[2], { limit: 'reading' })
  t.end()
})
