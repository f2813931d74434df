import t from 'tap'
import type { Allow } from '../../gateway/domain.js'
import { apiOf, documentOf, settingsFrom } from '../helpers/openapi.js'

const securitySchemes = {
  bearer: { type: 'http', scheme: 'Bearer' },
  oauth: { type: 'oauth2', flows: {} },
  oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://idp.example/' },
  basic: { type: 'http', scheme: 'basic' },
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'session' },
  header: { type: 'apiKey', in: 'header', name: 'Authorization' },
  mutual: { type: 'mutualTLS' },
  referred: { $ref: '#/components/securitySchemes/oauth' }
}

const anyone: Allow = { kind: 'anyone' }
const authenticated: Allow = { kind: 'authenticated' }
const nobody: Allow = { kind: 'nobody' }
const any = (...of: Extract<Allow, { kind: 'any' }>['of'][number][]): Allow => ({ kind: 'any', of })

const unread = (scheme: string, then: string) => `the gateway does not read ${scheme}: ${then}`
const instead = 'a token is asked for instead'
const leftOut = 'that way in is left out'

interface Row {
  readonly operation: object
  readonly document?: object
  readonly allow: Allow
  readonly notes?: readonly string[]
}

const table: Readonly<Record<string, Row>> = {
  'nothing said': { operation: {}, allow: authenticated },
  'said to be none': { operation: { security: [] }, allow: anyone },
  optional: {
    operation: { security: [{}, { oauth: ['read'] }] },
    allow: anyone,
    notes: ['a token may be shown, but none is needed']
  },
  bearer: { operation: { security: [{ bearer: [] }] }, allow: authenticated },
  'bearer with a role (3.1)': { operation: { security: [{ bearer: ['admin'] }] }, allow: any({ roles: ['admin'] }) },
  'bearer with roles: all of them': {
    operation: { security: [{ bearer: ['admin', 'ops'] }] },
    allow: any({ allRoles: ['admin', 'ops'] })
  },
  oauth2: { operation: { security: [{ oauth: ['read', 'write:x'] }] }, allow: any({ scopes: ['read', 'write:x'] }) },
  'oauth2 without scopes': { operation: { security: [{ oauth: [] }] }, allow: authenticated },
  openIdConnect: { operation: { security: [{ oidc: ['read'] }] }, allow: any({ scopes: ['read'] }) },
  'a scheme by $ref': { operation: { security: [{ referred: ['read'] }] }, allow: any({ scopes: ['read'] }) },
  alternatives: {
    operation: { security: [{ oauth: ['read'] }, { bearer: ['admin'] }] },
    allow: any({ scopes: ['read'] }, { roles: ['admin'] })
  },
  'the same alternative twice': {
    operation: { security: [{ oauth: ['read'] }, { oidc: ['read'] }] },
    allow: any({ scopes: ['read'] })
  },
  'an alternative without conditions makes the others idle': {
    operation: { security: [{ oauth: ['read'] }, { bearer: [] }] },
    allow: authenticated
  },
  'two schemes at once': {
    operation: { security: [{ oauth: ['read'], oidc: ['write'], bearer: ['admin'] }] },
    allow: any({ roles: ['admin'], scopes: ['read', 'write'] })
  },
  'an API key named Authorization is a token': { operation: { security: [{ header: [] }] }, allow: authenticated },
  'an API key': {
    operation: { security: [{ key: [] }] },
    allow: authenticated,
    notes: [unread("'key' (API key in the header)", instead)]
  },
  'a cookie': {
    operation: { security: [{ cookie: ['admin'] }] },
    allow: any({ roles: ['admin'] }),
    notes: [unread("'cookie' (API key in the cookie)", instead)]
  },
  'Basic credentials': {
    operation: { security: [{ basic: [] }] },
    allow: authenticated,
    notes: [unread("'basic' (Basic credentials)", instead)]
  },
  'a certificate': {
    operation: { security: [{ mutual: [] }] },
    allow: authenticated,
    notes: [unread("'mutual' (mutualTLS)", instead)]
  },
  'an API key beside scopes does not make a mere token enough': {
    operation: { security: [{ key: [] }, { oauth: ['read'] }] },
    allow: any({ scopes: ['read'] }),
    notes: [unread("'key' (API key in the header)", leftOut)]
  },
  'an API key on top of scopes': {
    operation: { security: [{ key: [], oauth: ['read'] }] },
    allow: any({ scopes: ['read'] }),
    notes: [unread("'key' (API key in the header)", instead)]
  },
  'a scheme that is not declared': {
    operation: { security: [{ other: [] }] },
    allow: nobody,
    notes: ["the document declares no security scheme 'other'"]
  },
  'a scheme named like what every object has': {
    operation: { security: [{ constructor: [] }] },
    allow: nobody,
    notes: ["the document declares no security scheme 'constructor'"]
  },
  'a scheme that is not declared, beside one that is': {
    operation: { security: [{ other: [] }, { oauth: ['read'] }] },
    allow: any({ scopes: ['read'] }),
    notes: ["the document declares no security scheme 'other'"]
  },
  'a scope that cannot be': {
    operation: { security: [{ oauth: ['read all'] }] },
    allow: nobody,
    notes: ["no scope can be spelt 'read all'"]
  },
  'a role that cannot be': {
    operation: { security: [{ bearer: ['é'] }] },
    allow: nobody,
    notes: ["no role can be spelt 'é'"]
  },
  'a scope that looks like the environment': {
    operation: { security: [{ oauth: [`\${HOME}`, 'no', '{x}'] }] },
    allow: any({ scopes: [`\${HOME}`, 'no', '{x}'] })
  },
  'x-roles, any of them': { operation: { 'x-roles': ['admin', 'vet'] }, allow: any({ roles: ['admin', 'vet'] }) },
  'x-roles as a word': { operation: { 'x-roles': 'admin' }, allow: any({ roles: ['admin'] }) },
  'x-required-roles, all of them': {
    operation: { 'x-required-roles': ['admin', 'vet'] },
    allow: any({ allRoles: ['admin', 'vet'] })
  },
  'x-roles beside scopes': {
    operation: { 'x-roles': ['admin'], security: [{ oauth: ['read'] }] },
    allow: any({ roles: ['admin'], scopes: ['read'] })
  },
  'x-roles beside roles of the scheme': {
    operation: { 'x-allowed-roles': ['admin', 'vet'], security: [{ bearer: ['staff'] }] },
    allow: any({ roles: ['admin', 'vet'], allRoles: ['staff'] })
  },
  'x-roles where the document asks for none': {
    operation: { 'x-roles': ['admin'], security: [] },
    allow: any({ roles: ['admin'] })
  },
  'x-roles that cannot be': { operation: { 'x-roles': ['a b'] }, allow: nobody, notes: ["no role can be spelt 'a b'"] },
  "the document's own": {
    operation: {},
    document: { security: [{ oauth: ['read'] }] },
    allow: any({ scopes: ['read'] })
  },
  "the operation's before the document's": {
    operation: { security: [] },
    document: { security: [{ oauth: ['read'] }] },
    allow: anyone
  }
}

t.test('each form of security becomes a condition, and never a wider one', async (t) => {
  for (const [name, { operation, document, allow, notes = [] }] of Object.entries(table)) {
    const spec = documentOf({ '/a': { get: operation } }, { components: { securitySchemes }, ...document })
    const { operations } = apiOf(spec)
    t.strictSame(operations[0]?.notes, notes, `${name}: notes`)
    t.strictSame(settingsFrom(spec).rules[0]?.allow, allow, name)
  }
})

t.test('roles may stand at the path for all of its operations', async (t) => {
  const path = { 'x-roles': ['admin'], get: {}, post: { 'x-roles': ['vet'] } }
  const { rules } = settingsFrom(documentOf({ '/a': path }))
  t.strictSame(
    rules.map(({ allow }) => allow),
    [any({ roles: ['admin'] }), any({ roles: ['vet'] })]
  )
})

t.test('Swagger 2.0 says the same in its own words', async (t) => {
  const { rules, upstreams } = settingsFrom({
    swagger: '2.0',
    host: 'api.example.com',
    basePath: '/v2/',
    schemes: ['http'],
    securityDefinitions: {
      oauth: { type: 'oauth2', flow: 'implicit' },
      jwt: { type: 'apiKey', in: 'header', name: 'Authorization' }
    },
    security: [{ jwt: [] }],
    paths: { '/a': { get: { security: [{ oauth: ['read'] }] } }, '/b': { get: {} } }
  })
  t.strictSame(
    rules.map(({ path, allow }) => ({ path, allow })),
    [
      { path: '/v2/a', allow: any({ scopes: ['read'] }) },
      { path: '/v2/b', allow: authenticated }
    ]
  )
  t.equal(upstreams.api?.origins[0], 'http://api.example.com')
})
