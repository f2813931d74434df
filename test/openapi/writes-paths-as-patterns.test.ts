import t from 'tap'
import { apiOf, documentOf, fileOf, settingsFrom } from '../helpers/openapi.js'

interface Row {
  readonly template: string
  readonly pattern: string
  /** Of an operation that anyone may call. */
  readonly allow?: string
  readonly note?: RegExp
}

const table: readonly Row[] = [
  { template: '/', pattern: '/' },
  { template: '/pets/', pattern: '/pets/' },
  { template: '/pets/{petId}', pattern: '/pets/{petId}' },
  { template: '/{enterprise-team}/x', pattern: '/{enterprise_team}/x' },
  { template: '/{1}/{1}/{}', pattern: '/{_1}/{_1_2}/{_}' },
  { template: '/files/{name}.json', pattern: '/files/*.json' },
  { template: '/{owner}:{repo}', pattern: '/*:*' },
  { template: '/{a}{b}', pattern: '/*' },
  { template: '/compare/{base}...{head}', pattern: '/compare/*...*' },
  { template: '/größe/a b', pattern: '/gr%C3%B6%C3%9Fe/a%20b' },
  { template: '/50%', pattern: '/50%25' },
  { template: '/%7euser', pattern: '/~user' },
  { template: '/a?action=b', pattern: '/a', note: /query/ },
  { template: '/a{?page,size}', pattern: '/a', note: /query/ },
  { template: '/{path+}', pattern: '/{path}/**' },
  { template: '/{+path}/x', pattern: '/{path}/**/x' },
  { template: '/{path:path}', pattern: '/{path}/**' },
  { template: '/{a+}/{b+}/{c+}', pattern: '/{a}/**/{b}/**/{c}', note: /at most 2 times/ },
  { template: '/{id:[0-9]{4}}', pattern: '/{id}', allow: 'authenticated', note: /form of {id}/ },
  { template: '/v{id:[0-9]+}', pattern: '/v*', allow: 'authenticated', note: /form of {id}/ },
  { template: '/files/*', pattern: '/files/*', allow: 'authenticated', note: /wildcard/ },
  { template: '/{a}-{b}-{c}-{d}', pattern: '/*', allow: 'nobody', note: /at most 3 runs/ },
  { template: '/x{a}-{b}-{c}-{d}.y', pattern: '/x*.y', allow: 'nobody', note: /at most 3 runs/ },
  { template: '/dir/{path+}.zip', pattern: '/dir/*.zip', note: /ends at a slash/ }
]

t.test('each path template becomes a pattern; what fits more than the operation is never open', async (t) => {
  for (const { template, pattern, allow = 'anyone', note } of table) {
    const spec = documentOf({ [template]: { get: { security: [] } } })
    const [rule] = settingsFrom(spec).rules
    t.strictSame({ path: rule?.path, allow: rule?.allow.kind }, { path: pattern, allow }, template)
    const notes = apiOf(spec).operations[0]?.notes.join('; ')
    if (note === undefined) t.equal(notes, '', template)
    else t.match(notes, note, template)
  }
})

t.test('a parameter that the document marks spans slashes', async (t) => {
  const parameters = [{ $ref: '#/components/parameters/path' }]
  const components = { parameters: { path: { name: 'path', in: 'path', 'x-multi-segment': true } } }
  const paths = { '/contents/{path}': { parameters, get: {} }, '/git/{path}/status': { get: { parameters } } }
  t.strictSame(
    settingsFrom(documentOf(paths, { components })).rules.map(({ path }) => path),
    ['/contents/{path}/**', '/git/{path}/**/status']
  )
})

t.test('an operation that no rule can say is left out, and said to be', async (t) => {
  const long = `/${'a/'.repeat(40)}b`
  const spec = documentOf({ '/ok': { get: {} }, '/a;b': { get: {} }, '/x/../y': { get: {} }, [long]: { post: {} } })
  t.strictSame(
    settingsFrom(spec).rules.map(({ path }) => path),
    ['/ok']
  )
  t.strictSame(
    apiOf(spec).unwritten.map(({ operation }) => operation.template),
    ['/a;b', '/x/../y', long]
  )
  t.match(fileOf(spec), /# NOTE: no rule is written for GET \/x\/\.\.\/y\n {2}# Every request .* dot segment/)
})

t.test('operations that one pattern fits are one rule, which asks for what each of them does', async (t) => {
  const open = { get: { security: [] } }
  const alike = apiOf(documentOf({ '/a/{id}': open, '/a/{key}': open })).operations
  t.match(alike, [{ pattern: '/a/{id}', allow: { kind: 'anyone' }, notes: [/GET \/a\/\{key\} has the same/] }])
  t.equal(alike.length, 1)
  const rivals = apiOf(documentOf({ '/a/{id}': open, '/a/{key}': { get: { 'x-roles': 'admin' }, put: open.get } }))
  t.match(rivals.operations, [
    { method: 'GET', allow: { kind: 'any', of: [{ roles: ['admin'] }] } },
    { method: 'PUT', allow: { kind: 'anyone' }, notes: [] }
  ])
})

t.test('servers give the prefix, and each origin an upstream', async (t) => {
  const servers = [{ url: 'https://{region}.example.com/v1/', variables: { region: { default: 'eu' } } }]
  const { rules, upstreams } = settingsFrom(
    documentOf(
      {
        '/a': { get: {}, post: { servers: [{ url: 'http://up.example.com:81' }] } },
        '/b': { servers: [{ url: '/rel' }], get: {} }
      },
      { servers }
    )
  )
  t.strictSame(
    rules.map(({ path, upstream }) => [path, upstream]),
    [
      ['/v1/a', 'api'],
      ['/a', 'up.example.com-81'],
      ['/rel/b', 'own']
    ]
  )
  t.equal(upstreams.api?.origins[0], 'https://eu.example.com')
  t.equal(upstreams.api?.host, 'upstream')
  t.equal(upstreams['up.example.com-81']?.origins[0], 'http://up.example.com:81')
  t.equal(upstreams.own?.origins[0], 'http://127.0.0.1:9001')
})

t.test("an API with paths under /auth moves the gateway's own", async (t) => {
  const { auth, rules } = settingsFrom(documentOf({ '/auth/login': { post: { security: [] } } }))
  t.equal(auth.prefix, '/gateway-auth')
  t.equal(rules[0]?.path, '/auth/login')
})
