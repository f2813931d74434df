/** Fields by which upstreams were told who asks before: field → what it says here. Users are signed in by some of them. */
export type Preset = keyof typeof table

type Fields = Readonly<Record<string, string>>

const table = {
  // Those of its `pass_user_headers`, and, as it answers to inquiries, of its `set_xauthrequest`.
  'oauth2-proxy': {
    'X-Forwarded-User': 'sub',
    'X-Forwarded-Preferred-Username': 'user',
    'X-Forwarded-Email': 'email',
    'X-Forwarded-Groups': 'roles',
    'X-Auth-Request-User': 'sub',
    'X-Auth-Request-Preferred-Username': 'user',
    'X-Auth-Request-Email': 'email',
    'X-Auth-Request-Groups': 'roles'
  },
  authelia: { 'Remote-User': 'user', 'Remote-Groups': 'roles', 'Remote-Name': 'name', 'Remote-Email': 'email' },
  // `forward_payload_header` of its jwt_authn filter, by the name that its documentation gives it.
  envoy: { 'x-jwt-payload': '*' }
} as const satisfies Record<string, Fields>

export const presetNames = Object.keys(table) as readonly Preset[]

const otherwise: Fields = { 'X-User-Id': 'sub', 'X-User-Name': 'username', 'X-User-Roles': 'roles' }

/** Of these presets; of none, what is said by default. */
export function fieldsOf(presets: readonly Preset[]): Fields {
  return presets.length === 0 ? otherwise : Object.assign({}, ...presets.map((name) => table[name]))
}
