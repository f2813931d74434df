/** Fields by which a client says who it is, to whoever believes it. */
import { type Attack, line, MARK, type PositionName, requestFrom } from '../attack.js'

const EVERYWHERE: readonly PositionName[] = ['stranger-refused', 'user-refused', 'stranger-passes', 'user-passes']
const WHERE_IT_PASSES: readonly PositionName[] = ['stranger-passes', 'user-passes']

/** Names that gateways assert an identity by, and who does. */
export const IDENTITY_NAMES: readonly (readonly [name: string, usedBy: string])[] = [
  ['X-User-Id', 'Portcullis and many others'],
  ['X-User-Name', 'Portcullis and many others'],
  ['X-User-Roles', 'Portcullis and many others'],
  ['X-User-Email', 'many'],
  ['X-User', 'many'],
  ['X-Username', 'many'],
  ['X-Roles', 'many'],
  ['X-Portcullis-Assertion', 'Portcullis'],
  ['Remote-User', 'Authelia; CGI (RFC 3875 §4.1.11)'],
  ['Remote-Groups', 'Authelia'],
  ['Remote-Name', 'Authelia'],
  ['Remote-Email', 'Authelia'],
  ['X-Remote-User', 'Kubernetes API server'],
  ['X-Remote-Group', 'Kubernetes API server'],
  ['X-Forwarded-User', 'oauth2-proxy'],
  ['X-Forwarded-Email', 'oauth2-proxy'],
  ['X-Forwarded-Groups', 'oauth2-proxy'],
  ['X-Forwarded-Preferred-Username', 'oauth2-proxy'],
  ['X-Forwarded-Access-Token', 'oauth2-proxy'],
  ['X-Auth-Request-User', 'oauth2-proxy'],
  ['X-Auth-Request-Email', 'oauth2-proxy'],
  ['X-Auth-Request-Groups', 'oauth2-proxy'],
  ['X-WebAuth-User', 'Grafana'],
  ['X-authentik-username', 'authentik'],
  ['X-authentik-groups', 'authentik'],
  ['X-Authenticated-User', 'many'],
  ['X-Authenticated-Userid', 'Kong; KrakenD'],
  ['X-Consumer-Username', 'Kong'],
  ['X-Consumer-Id', 'Kong'],
  ['X-Goog-Authenticated-User-Email', 'Google IAP'],
  ['X-MS-Client-Principal', 'Azure App Service'],
  ['X-MS-Client-Principal-Name', 'Azure App Service'],
  ['X-Amzn-Oidc-Identity', 'AWS load balancers'],
  ['Cf-Access-Authenticated-User-Email', 'Cloudflare Access'],
  ['Tailscale-User-Login', 'Tailscale Serve'],
  ['X-Forwarded-Client-Cert', 'Envoy'],
  ['X-SSL-Client-S-DN', 'nginx; HAProxy'],
  ['X-SSL-Client-Verify', 'nginx; HAProxy'],
  ['SSL-Client-Cert', 'Keycloak behind proxies']
]

/** Names that no gateway of ours promises to drop unless it is told to; they matter where an upstream listens to them. */
const ONLY_WHERE_LISTENED_TO = new Set([
  'X-User-Email',
  'X-User',
  'X-Username',
  'X-Roles',
  'X-Remote-Group',
  'X-Goog-Authenticated-User-Email',
  'X-MS-Client-Principal',
  'X-MS-Client-Principal-Name',
  'X-Amzn-Oidc-Identity',
  'Cf-Access-Authenticated-User-Email',
  'Tailscale-User-Login',
  'X-SSL-Client-S-DN',
  'X-SSL-Client-Verify',
  'SSL-Client-Cert'
])

/** Name, lines, source. `~` is the forged value. */
const SPELLINGS: readonly (readonly [name: string, lines: string, source: string])[] = [
  ['lower-case', 'x-user-id: ~', 'RFC 9110 §5.1'],
  ['upper-case', 'X-USER-ID: ~', 'RFC 9110 §5.1'],
  ['underscores', 'X_User_Id: ~', 'CVE-2015-0219 (Django)'],
  ['one-underscore', 'X-User_Id: ~', 'CVE-2015-0219 (Django)'],
  ['all-underscores-lower', 'x_user_id: ~', 'RFC 3875 §4.1.18'],
  ['dots', 'X.User.Id: ~', 'PHP: names of variables'],
  ['bang', 'X!User!Id: ~', 'Apache httpd: mod_cgi'],
  ['bar', 'X-User|Id: ~', 'Apache httpd: mod_cgi'],
  ['tilde-in-name', 'X~User~Id: ~', 'Apache httpd: mod_cgi'],
  ['backquote', 'X`User`Id: ~', 'Apache httpd: mod_cgi'],
  ['plus', 'X+User+Id: ~', 'Apache httpd: mod_cgi'],
  ['twice', 'X-User-Id: ~\r\nX-User-Id: ~', 'RFC 9110 §5.3'],
  ['hyphen-and-underscore', 'X-User-Id: ~\r\nX_User_Id: ~', 'CVE-2015-0219 (Django)'],
  ['empty', 'X-User-Id:', 'CWE-287'],
  ['tab-in-value', 'X-User-Id:\t~', 'RFC 9110 §5.5'],
  ['listed-by-connection', 'Connection: close, X-User-Id', 'CVE-2021-33197; RFC 9110 §7.6.1'],
  ['all-listed-by-connection', 'Connection: close, x-user-id, X-User-Name, X-USER-ROLES', 'CVE-2022-31813'],
  ['listed-with-underscores', 'Connection: close, x_user_id, x_user_roles', 'CVE-2022-31813'],
  ['listed-twice', 'Connection: X-User-Id\r\nConnection: close, X-User-Roles', 'RFC 9110 §5.3'],
  ['listed-and-sent', 'Connection: close, X-User-Id\r\nX-User-Id: ~', 'CVE-2022-31813'],
  ['host-listed', 'Connection: close, Host, Authorization, X-Request-Id', 'RFC 9110 §7.6.1'],
  ['listed-by-proxy-connection', 'Proxy-Connection: X-User-Id\r\nKeep-Alive: X-User-Id', 'RFC 9110 §7.6.1'],
  ['te-and-trailer', 'TE: trailers\r\nTrailer: X-User-Id', 'RFC 9110 §6.5'],
  ['after-many', `${'X-Filler: a\r\n'.repeat(200)}X-User-Id: ~`, 'CWE-770: fields beyond a limit'],
  ['after-very-many', `${'A: a\r\n'.repeat(1_200)}X-User-Id: ~`, 'CWE-770: Node reads 1000 fields'],
  ['in-the-value-of-another', 'X-Other: a, X-User-Id: a', 'CWE-113']
]

/** Of these the name is none (RFC 9110 §5.6.2), whatever follows. */
const MALFORMED: typeof SPELLINGS = [
  ['space-before-colon', 'X-User-Id : ~', 'RFC 9112 §5.1'],
  ['tab-before-colon', 'X-User-Id\t: ~', 'RFC 9112 §5.1'],
  ['space-in-name', 'X-User Id: ~', 'RFC 9110 §5.6.2'],
  ['leading-space', ' X-User-Id: ~', 'RFC 9112 §2.2'],
  ['folded', 'X-Other: a\r\n X-User-Id: ~', 'RFC 9112 §5.2'],
  ['folded-by-tab', 'X-Other: a\r\n\tX-User-Id: ~', 'RFC 9112 §5.2'],
  ['nul-in-name', 'X-User\0-Id: ~', 'RFC 9110 §5.5'],
  ['nul-in-value', 'X-Other: a\0\r\nX-User-Id: ~', 'RFC 9110 §5.5'],
  ['vertical-tab', 'X-User-Id\x0b: ~', 'RFC 9110 §5.6.2'],
  ['no-break-space', 'X-User-Id\xa0: ~', 'RFC 9110 §5.6.2'],
  ['byte-order-mark', '\xef\xbb\xbfX-User-Id: ~', 'RFC 9110 §5.6.2'],
  ['after-bare-cr', 'X-Other: a\rX-User-Id: ~', 'RFC 9112 §2.2'],
  ['after-bare-lf', 'X-Other: a\nX-User-Id: ~', 'RFC 9112 §2.2'],
  ['no-colon', 'X-User-Id ~', 'RFC 9112 §5'],
  ['no-name', ': ~\r\nX-User-Id: ~', 'RFC 9112 §5']
]

const spelt = (lines: string) => `${lines.replaceAll(/(?<=: |:\t| )~/g, MARK)}\r\n`

const forgedValue = (name: string) => (/role|group/i.test(name) ? `admin, ${MARK}` : MARK)

const trailer: Attack = {
  id: 'identity/in-a-trailer',
  family: 'identity',
  why: 'A field after the body is taken for one before it.',
  source: 'RFC 9110 §6.5.1',
  from: EVERYWHERE,
  send: ({ position }) =>
    requestFrom(position, {
      method: 'POST',
      lines: line('Transfer-Encoding', 'chunked') + line('Trailer', 'X-User-Id'),
      body: `2\r\nhi\r\n0\r\n${line('X-User-Id', MARK)}\r\n`
    })
}

export const identity: readonly Attack[] = [
  ...IDENTITY_NAMES.flatMap(([name, usedBy]) =>
    (ONLY_WHERE_LISTENED_TO.has(name) ? [name] : [name, name.replaceAll('-', '_')]).map((spelling): Attack => {
      return {
        id: `identity/${spelling === name ? '' : 'underscored-'}${name.toLowerCase()}`,
        family: 'identity',
        why: 'An upstream that knows the name takes the client for whom it says.',
        source: `CWE-290; used by ${usedBy}`,
        from: EVERYWHERE,
        ...(ONLY_WHERE_LISTENED_TO.has(name)
          ? { onlyFor: 'upstreams that know the name; identity.strip drops it' }
          : {}),
        send: ({ position }) => requestFrom(position, { lines: line(spelling, forgedValue(name)) })
      }
    })
  ),
  ...SPELLINGS.map(([name, lines, source]): Attack => {
    return {
      id: `identity/spelt-${name}`,
      family: 'identity',
      why: 'CGI, WSGI, PHP and their kin read names that differ as one; a hop must not drop what the gateway says.',
      source,
      from: EVERYWHERE,
      send: ({ position }) => requestFrom(position, { lines: spelt(lines) })
    }
  }),
  ...MALFORMED.map(([name, lines, source]): Attack => {
    return {
      id: `identity/malformed-${name}`,
      family: 'identity',
      why: 'One server sees no field there, and the next one sees X-User-Id.',
      source,
      from: WHERE_IT_PASSES,
      due: 'refusal',
      send: ({ position }) => requestFrom(position, { lines: spelt(lines) })
    }
  }),
  trailer
]
