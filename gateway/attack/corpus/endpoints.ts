/** The gateway's own endpoints: closed in every spelling, and never a way to the upstream or to the operator. */
import { type Attack, line, requestFrom } from '../attack.js'

const FROM = ['endpoint'] as const

/** Name, target, source; `{prefix}` stands for the prefix of the endpoints. */
const SPELLINGS: readonly (readonly [name: string, target: (prefix: string) => string, source: string])[] = [
  ['nothing-there', (prefix) => `${prefix}/nothing`, 'CWE-552'],
  ['prefix-alone', (prefix) => prefix, 'CWE-552'],
  ['prefix-and-slash', (prefix) => `${prefix}/`, 'CWE-552'],
  ['upper-case', (prefix) => `${prefix.toUpperCase()}/login`, 'CWE-178'],
  ['upper-case-endpoint', (prefix) => `${prefix}/LOGIN`, 'CWE-178'],
  ['double-slash', (prefix) => `/${prefix}/login`, 'CVE-2021-29492'],
  ['double-slash-inside', (prefix) => `${prefix}//login`, 'CVE-2021-29492'],
  ['encoded-slash', (prefix) => `${prefix}%2flogin`, 'CVE-2021-29492'],
  ['encoded-leading-slash', (prefix) => `/%2f${prefix.slice(1)}/login`, 'CVE-2021-29492'],
  ['double-encoded-slash', (prefix) => `${prefix}%252flogin`, 'CWE-174'],
  ['double-encoded-letter', (prefix) => `/%25${prefix.charCodeAt(1).toString(16)}${prefix.slice(2)}/login`, 'CWE-174'],
  ['backslash', (prefix) => `${prefix}\\login`, 'WHATWG URL'],
  ['dots', (prefix) => `${prefix}/../login`, 'RFC 3986 §5.2.4'],
  ['dots-back', (prefix) => `/x/..${prefix}/login`, 'RFC 3986 §5.2.4'],
  ['encoded-dots', (prefix) => `${prefix}/%2e%2e/login`, 'CVE-2021-41773'],
  ['parameter', (prefix) => `${prefix};a=b/login`, 'CVE-2020-13933'],
  ['parameter-at-the-end', (prefix) => `${prefix}/login;a=b`, 'CVE-2020-13933'],
  ['parameter-first', (prefix) => `/;a=b${prefix}/login`, 'CVE-2020-13933'],
  ['nul', (prefix) => `${prefix}%00/login`, 'CWE-158'],
  ['query-in-escape', (prefix) => `${prefix}%3f/login`, 'CWE-436'],
  ['below-an-endpoint', (prefix) => `${prefix}/login/x`, 'CWE-552'],
  ['slash-at-the-end', (prefix) => `${prefix}/login/`, 'CWE-552'],
  ['prototype', (prefix) => `${prefix}/constructor`, 'CWE-1321'],
  ['sessions-of-all', (prefix) => `${prefix}/sessions`, 'CWE-639'],
  ['userinfo', (prefix) => `${prefix}/userinfo`, 'CWE-306'],
  ['uninvited-inquiry', (prefix) => `${prefix}/check`, 'nginx auth_request'],
  ['uninvited-inquiry-below', (prefix) => `${prefix}/check/x`, 'Envoy ext_authz']
]

/** Name, method, endpoint, media type, body, source. */
const BODIES: readonly (readonly [
  name: string,
  method: string,
  endpoint: string,
  type: string,
  body: string,
  source: string
])[] = [
  ['refresh-with-nothing', 'POST', '/refresh', 'application/json', '{}', 'CWE-306'],
  ['refresh-with-a-list', 'POST', '/refresh', 'application/json', '{"refresh_token":["x"]}', 'CWE-843'],
  ['refresh-with-an-object', 'POST', '/refresh', 'application/json', '{"refresh_token":{"$ne":null}}', 'CWE-943'],
  [
    'refresh-with-a-guess',
    'POST',
    '/refresh',
    'application/json',
    '{"refresh_token":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}',
    'CWE-330'
  ],
  ['refresh-with-sql', 'POST', '/refresh', 'application/json', '{"refresh_token":"\' OR 1=1 --"}', 'CWE-89'],
  ['logout-with-nothing', 'POST', '/logout', 'application/json', '{}', 'CWE-306'],
  ['logout-all-with-an-object', 'POST', '/logout-all', 'application/json', '{"token":{"$ne":null}}', 'CWE-943'],
  ['verify-with-nothing', 'POST', '/verify', 'application/json', '{}', 'CWE-306'],
  ['verify-with-none', 'POST', '/verify', 'application/json', '{"token":"eyJhbGciOiJub25lIn0.e30."}', 'CVE-2015-9235'],
  [
    'token-without-client',
    'POST',
    '/token',
    'application/x-www-form-urlencoded',
    'grant_type=client_credentials',
    'RFC 6749 §4.4'
  ],
  [
    'token-with-empty-client',
    'POST',
    '/token',
    'application/x-www-form-urlencoded',
    'grant_type=client_credentials&client_id=&client_secret=',
    'RFC 6749 §2.3'
  ],
  [
    'token-of-a-prototype',
    'POST',
    '/token',
    'application/x-www-form-urlencoded',
    'grant_type=client_credentials&client_id=__proto__&client_secret=x',
    'CWE-1321'
  ],
  [
    'token-by-password',
    'POST',
    '/token',
    'application/x-www-form-urlencoded',
    'grant_type=password&username=admin&password=admin',
    'RFC 9700 §2.4'
  ],
  ['introspect-as-nobody', 'POST', '/introspect', 'application/x-www-form-urlencoded', 'token=x', 'RFC 7662 §2.1'],
  ['revoke-as-nobody', 'POST', '/revoke', 'application/x-www-form-urlencoded', 'token=x', 'RFC 7009 §2.1'],
  [
    'password-as-nobody',
    'POST',
    '/password',
    'application/json',
    '{"current_password":"x","new_password":"correct horse battery staple"}',
    'CWE-620'
  ],
  ['session-of-another', 'DELETE', '/sessions/1', 'application/json', '', 'CWE-639'],
  ['put-login', 'PUT', '/login', 'application/json', '{}', 'CWE-650'],
  ['delete-login', 'DELETE', '/login', 'application/json', '', 'CWE-650']
]

/** Of the operator, on the port of the public. */
const OPERATORS = [
  '/metrics',
  '/healthz',
  '/readyz',
  '/api/users',
  '/api/keys',
  '/debug/pprof/',
  '/.env',
  '/data/portcullis.db',
  '/data/keys',
  '/gateway.yaml'
]

const WHY = 'What looks like the endpoint to one server is a path of the upstream to another.'

export const endpoints: readonly Attack[] = [
  ...SPELLINGS.map(([name, target, source]): Attack => {
    return {
      id: `endpoints/${name}`,
      family: 'endpoints',
      why: WHY,
      source,
      from: FROM,
      send: ({ position, prefix }) => requestFrom(position, { target: target(prefix) })
    }
  }),
  ...BODIES.map(([name, method, endpoint, type, body, source]): Attack => {
    return {
      id: `endpoints/${name}`,
      family: 'endpoints',
      why: 'Somebody who proves nothing is answered as if they did.',
      source,
      from: FROM,
      send: ({ position, prefix }) =>
        requestFrom(position, {
          method,
          target: prefix + endpoint,
          lines: line('Content-Type', type) + line('Content-Length', String(body.length)),
          body
        })
    }
  }),
  ...OPERATORS.map((path): Attack => {
    return {
      id: `endpoints/operator-${path.replaceAll(/[^a-z]+/g, '-').replaceAll(/^-|-$/g, '')}`,
      family: 'endpoints',
      why: "The operator's door, or what lies behind it, stands open to everybody.",
      source: 'CWE-552; CWE-419',
      from: ['stranger-refused', 'endpoint'],
      onlyFor: 'sites that have such a page of their own',
      neverAnswered: /portcullis_[a-z_]+\{|SQLite format 3|PRIVATE KEY|"password_hash"/,
      send: ({ position }) => requestFrom(position, { method: 'GET', target: path })
    }
  }),
  {
    id: 'endpoints/private-keys-published',
    family: 'endpoints',
    why: 'Whoever has the private part of a key issues tokens.',
    source: 'RFC 7517 §9.2',
    from: FROM,
    neverAnswered: /"(?:d|p|q|k)"\s*:\s*"/,
    due: 'no harm',
    send: ({ position }) => requestFrom(position, { method: 'GET', target: '/.well-known/jwks.json' })
  }
]
