/**
 * A site of several hosts, each one open rule with protected areas in it, before upstreams that tolerate different
 * paths; and what its file says, once more, as plainly as it can be said.
 */
export interface Area {
  readonly host: string
  /** Taken off before forwarding, so that the upstream does not see it. */
  readonly prefix: string
  readonly caseSensitive: boolean
}

export const areas: readonly Area[] = [
  { host: 'strict.test', prefix: '', caseSensitive: false },
  { host: 'tolerant.test', prefix: '', caseSensitive: false },
  { host: 'exact.test', prefix: '', caseSensitive: true },
  { host: 'stripped.test', prefix: '/pre', caseSensitive: false }
]

const TOLERANT = 'encoded_slash: allow, semicolon: allow, empty_segments: allow'

const rulesOf = (host: string, prefix: string, upstream: string) => `
  - { host: ${host}, path: ${prefix}/admin/**, allow: { roles: [admin] }, to: ${upstream} }
  - { host: ${host}, path: "${prefix}/users/{id}/**", allow: { claims: { username: "{id}" } }, to: ${upstream} }
  - { host: ${host}, path: ${prefix}/in/**, allow: authenticated, to: ${upstream} }
  - { host: ${host}, path: ${prefix}/form/**, methods: [GET, POST], allow: anyone, to: ${upstream} }
  - { host: ${host}, path: ${prefix}/form/**, allow: { roles: [admin] }, to: ${upstream} }
  - { host: ${host}, path: ${prefix}/never/**, allow: nobody }
  - { host: ${host}, path: ${prefix}/**, allow: anyone, to: ${upstream} }`

export const areaSite = (url: string) => `
identity: { strip: [X-Tenant] }
upstreams:
  strict: { url: "${url}" }
  tolerant: { url: "${url}", paths: { ${TOLERANT} } }
  exact: { url: "${url}", paths: { case: sensitive, ${TOLERANT} } }
  stripped: { url: "${url}", strip_prefix: /pre, paths: { ${TOLERANT} } }
rules:
  - { host: control.test, path: /open/control, allow: anyone, to: strict }
${areas.map(({ host, prefix }) => rulesOf(host, prefix, host.replace('.test', ''))).join('')}
`

export interface Person {
  readonly username: string
  readonly roles: readonly string[]
}

/** Whether somebody, or nobody (null), may do this to what an upstream has read; `path` is decoded and has no prefix. */
export function isAllowed(path: string, method: string, who: Person | null): boolean {
  const [, area = '', name] = path.split('/')
  switch (area) {
    case 'admin':
      return who?.roles.includes('admin') ?? false
    case 'users':
      // `{id}` is a segment that is not empty; without one the open rule is the one that fits.
      return name === undefined || name === '' || who?.username === name
    case 'in':
      return who !== null
    case 'form':
      return ['GET', 'HEAD', 'POST'].includes(method) || (who?.roles.includes('admin') ?? false)
    case 'never':
      return false
    default:
      return true
  }
}
