import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder, runCommand } from '../helpers/command.js'

const document = `openapi: 3.1.0
info: { title: Petstore, version: "1.0" }
servers:
  - url: https://petstore.example.com/v1
security:
  - oauth: [pets:read]
components:
  securitySchemes:
    oauth: { type: oauth2, flows: {} }
    jwt: { type: http, scheme: bearer }
    api_key: { type: apiKey, in: header, name: X-Api-Key }
paths:
  /pets/{pet-id}:
    get:
      operationId: getPet
      summary: One pet
    delete:
      operationId: removePet
      security:
        - oauth: [pets:write]
        - jwt: [admin]
  /pets/mine:
    get:
      summary: Pets of the caller
      security: [{ api_key: [] }]
  /pets:
    get:
      operationId: listPets
      security: []
`

const expected = `# A rule for each operation of Petstore 1.0
# Made by \`portcullis init --openapi\` from petstore.yaml; yours from here on.
#
# 1. Look at \`upstreams\`: where the service really listens.
# 2. Look at each \`allow\`: anyone, authenticated, nobody, or who: { roles: [admin] }, { scopes: [read] }.
# 3. portcullis check made.yaml --openapi petstore.yaml
#    tells which operations the file forgets, or lets more people into than the document does.
#
# Scopes are in tokens of \`clients\` and \`issuers\`. People who sign in here have roles: add { roles: [...] }.

listen: 127.0.0.1:8080

upstreams:
  api:
    url: https://petstore.example.com # as the document says; better where only the gateway can reach it
    host: upstream # it is sent its own name, not the one that clients call

# Host, path and method choose the first rule that fits, top to bottom; its \`allow\` is then the verdict.
# \`{id}\` is one segment, \`*\` a run inside a segment, \`**\` any number of segments; GET covers HEAD.
# What no rule covers is refused.
rules:
  # listPets
  - path: /v1/pets
    methods: [GET]
    allow: anyone
    to: api

  # Pets of the caller
  # NOTE: the gateway does not read 'api_key' (API key in the header): a token is asked for instead
  - path: /v1/pets/mine
    methods: [GET]
    allow: authenticated
    to: api

  # One pet (getPet)
  - path: /v1/pets/{pet_id}
    methods: [GET]
    allow: { scopes: [pets:read] }
    to: api

  # removePet
  - path: /v1/pets/{pet_id}
    methods: [DELETE]
    allow:
      - { scopes: [pets:write] }
      - { roles: [admin] }
    to: api
`

t.test('a document becomes a file that a person reads', async (t) => {
  const folder = makeFolder(t, '')
  writeFileSync(join(folder, 'petstore.yaml'), document)
  const init = await runCommand(t, ['init', '--openapi', 'petstore.yaml', '-o', 'made.yaml'], { cwd: folder })
  t.equal(readFileSync(join(folder, 'made.yaml'), 'utf8'), expected)
  t.strictSame(init, {
    status: 0,
    stdout: `made.yaml written: 4 rules, 1 upstream.
Next, once you have looked through it:
  portcullis check made.yaml --openapi petstore.yaml  lists mistakes, and operations without a rule
  portcullis start -c made.yaml                       starts the gateway, and shows the rules and the password of \`admin\`
`,
    stderr:
      "warning: the gateway does not read 'api_key' (API key in the header): a token is asked for instead: GET /pets/mine\n"
  })
  const check = await runCommand(t, ['check', 'made.yaml', '--openapi', 'petstore.yaml'], { cwd: folder })
  t.strictSame(check, {
    status: 0,
    stdout: `made.yaml: ok, 4 rules, 1 upstream
Anyone may reach, without signing in:
  GET /v1/pets
petstore.yaml: ok, 4 operations, each with a rule and none wider open than the document says
`,
    stderr: ''
  })
})

t.test('check tells, as text and as JSON, what a file leaves out or opens', async (t) => {
  const folder = makeFolder(t, '')
  writeFileSync(join(folder, 'petstore.yaml'), document)
  const changed = expected
    .replace('{ scopes: [pets:read] }', 'authenticated')
    .replace(/ {2}# listPets\n[\s\S]*?to: api\n/, '  - { path: /assets/**, allow: anyone, to: api }\n')
    .replace(/allow:\n.*\n.*\n.*\n/, 'allow: nobody\n')
  writeFileSync(join(folder, 'gateway.yaml'), changed)
  const text = await runCommand(t, ['check', '--openapi', 'petstore.yaml'], { cwd: folder })
  t.strictSame(text, {
    status: 1,
    stdout: `gateway.yaml: ok, 4 rules, 1 upstream
Anyone may reach, without signing in:
  /assets/**
1 operation without a rule:
  GET /pets  no rule fits  petstore.yaml:27

1 operation wider open than the document says:
  GET /pets/{pet-id}  lets in whoever has signed in, not only { scopes: [pets:read] }  gateway.yaml:32  petstore.yaml:14

1 operation that a rule keeps shut (allow: nobody):
  DELETE /pets/{pet-id}  gateway.yaml:38

1 rule that no operation of the document comes to:
  any method /assets/**  gateway.yaml:22

petstore.yaml: 4 operations, 1 without a rule, 1 wider open than the document says
`,
    stderr: ''
  })
  const json = await runCommand(t, ['check', '--openapi', 'petstore.yaml', '--json'], { cwd: folder })
  t.equal(json.status, 1)
  const pets = { method: 'GET', path: '/pets', operation_id: 'listPets', pointer: '/paths/~1pets/get', line: 27 }
  t.match(JSON.parse(json.stdout), {
    ok: false,
    errors: [],
    openapi: {
      file: 'petstore.yaml',
      operations: 4,
      without_rule: [{ ...pets, because: 'no rule fits' }],
      wider: [{ operation_id: 'getPet', line: 14, rule: { line: 32, path: '/v1/pets/{pet_id}', methods: ['GET'] } }],
      shut: [{ operation_id: 'removePet', rule: { line: 38 } }],
      idle_rules: [{ line: 22, path: '/assets/**', methods: null }]
    }
  })
})

t.test('mistakes of a document are told with their lines, and nothing is written', async (t) => {
  const folder = makeFolder(t, '')
  writeFileSync(join(folder, 'bad.yaml'), 'openapi: 3.0.0\npaths:\n  pets: {}\n  /a: { get: { security: {} } }\n')
  const said = `bad.yaml:3:3 /paths/pets: is no path: it must begin with a slash
bad.yaml:4:16 /paths/~1a/get/security: must be a list of security requirements
2 mistakes in bad.yaml
`
  const init = await runCommand(t, ['init', '--openapi', 'bad.yaml', '-o', 'made.yaml'], { cwd: folder })
  t.strictSame(init, { status: 1, stdout: '', stderr: said })
  t.throws(() => readFileSync(join(folder, 'made.yaml')))
  writeFileSync(join(folder, 'gateway.yaml'), expected)
  const check = await runCommand(t, ['check', '--openapi', 'bad.yaml'], { cwd: folder })
  t.strictSame(check, { status: 1, stdout: '', stderr: said })
  for (const [spec, words] of [
    ['none.yaml', 'portcullis: cannot read none.yaml: there is no such file or folder\n'],
    [
      'https://x.example/s',
      'portcullis: https://x.example/s: a document is read from a file, fetch it first: curl -O ...\n'
    ]
  ] as const) {
    t.strictSame(await runCommand(t, ['init', '--openapi', spec], { cwd: folder }), {
      status: 1,
      stdout: '',
      stderr: words
    })
  }
})
