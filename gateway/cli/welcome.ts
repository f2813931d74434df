import type { Rule } from '../domain.js'
import type { Settings } from '../settings/index.js'
import type { FirstUser } from './first-users.js'
import { showAllow } from './show-allow.js'
import { printable, showDuration } from './shown.js'
import { showTable } from './table.js'

export interface WelcomeOptions {
  readonly settings: Settings
  /** As it really listens: `http://127.0.0.1:8080`. */
  readonly url: string
  readonly adminUrl: string
  /** Those that this start has added. */
  readonly firstUsers: readonly FirstUser[]
  /** Where generated passwords are; null: they are shown here, or nowhere any more. */
  readonly passwordFile: string | null
  readonly withExample: boolean
  readonly color: boolean
}

function showLimits(rule: Rule, { limits }: Settings): string {
  const shown = rule.limits.map((name) => {
    const limit = limits[name]
    return limit === undefined ? name : `${limit.requests} per ${showDuration(limit.windowMs)} by ${limit.by}`
  })
  return shown.length === 0 ? 'none' : shown.join(', ')
}

/** The rules as a table, in the order they are tried, and where their upstreams are. */
function showRules(settings: Settings): string {
  const { rules, upstreams } = settings
  // Most files say nothing of methods, and a terminal has eighty columns.
  const withMethods = rules.some(({ methods }) => methods !== null)
  const rows = rules.map((rule) => [
    rule.hosts === null ? rule.path : `${rule.hosts.join(', ')}${rule.path}`,
    ...(withMethods ? [rule.methods?.join(',') ?? 'any'] : []),
    printable(showAllow(rule.allow)),
    showLimits(rule, settings),
    rule.upstream ?? '-'
  ])
  const heads = ['path', ...(withMethods ? ['method'] : []), 'who may enter', 'limit', 'upstream']
  return [
    showTable(heads, rows, { ruled: true, indent: '  ' }),
    '',
    ...Object.values(upstreams).map(({ name, origins }) => `  upstream ${name} is ${origins.join(', ')}`)
  ].join('\n')
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** How a newcomer's shell comes by a password, so that the lines below it work as pasted. */
function passwordLine(name: string, { firstUsers, passwordFile }: WelcomeOptions): string {
  const variable = name.toUpperCase()
  const user = firstUsers.find(({ username }) => username === name)
  const ask = `printf '${name} password: '; read -rs ${variable}; echo`
  // It is known to whoever chose it; the other terminal may have the variable, too.
  if (user?.generated === false) {
    return `${variable}=$PORTCULLIS_ADMIN_PASSWORD; if [ -z "$${variable}" ]; then ${ask}; fi`
  }
  if (passwordFile !== null) return `${variable}=$(sed -n 's/^${name}: //p' ${quoted(passwordFile)})`
  return user === undefined ? ask : `${variable}=${quoted(user.password)}`
}

const loginLine = (url: string, prefix: string, name: string) =>
  `${name}_TOKEN=$(curl -s ${url}${prefix}/login -d username=${name.toLowerCase()} --data-urlencode "password=$${name}" | ` +
  `sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p')`

/** Lines for a shell that show the main job: sign in, be forwarded, be refused, be limited. */
function showCurlLines(options: WelcomeOptions): string {
  const { url, settings } = options
  const { prefix } = settings.auth
  // Comments without quotes or parentheses: zsh, when interactive, takes them for commands.
  return [
    '# Sign in: passwords, then an access token each.',
    passwordLine('admin', options),
    passwordLine('demo', options),
    loginLine(url, prefix, 'ADMIN'),
    loginLine(url, prefix, 'DEMO'),
    '',
    '# A protected path: the upstream shows what it was sent.',
    `curl -i ${url}/api/hello -H "Authorization: Bearer $ADMIN_TOKEN"`,
    '',
    '# An admin path: 200 for admin, 403 for demo.',
    `curl -i ${url}/api/admin/dashboard -H "Authorization: Bearer $ADMIN_TOKEN"`,
    `curl -i ${url}/api/admin/dashboard -H "Authorization: Bearer $DEMO_TOKEN"; echo`,
    '',
    '# The limit of demo: 100 of these are 200, the 101st is 429.',
    `for i in $(seq 101); do curl -s -o /dev/null -w '%{http_code}\\n' ${url}/api/hello -H "Authorization: Bearer $DEMO_TOKEN"; done | sort | uniq -c`
  ]
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')
}

function showFirstUsers({ firstUsers, passwordFile }: WelcomeOptions, bold: (text: string) => string): string[] {
  if (passwordFile !== null) return [`The first users' passwords are in ${passwordFile} until the first login.`]
  const generated = firstUsers.filter((user) => user.generated)
  if (generated.length === 0) return []
  const rows = generated.map(({ username, password, roles }) => [username, password, roles.join(', ')])
  const table = showTable(['user', 'password', 'roles'], rows, { ruled: false, indent: '  ' })
  return [`${bold('First users')}; this is the only time that their passwords are shown:\n${table}`]
}

/** What a person sees when the gateway is up. */
export function showWelcome(options: WelcomeOptions): string {
  const { settings, url, adminUrl, withExample, color } = options
  const bold = (text: string) => (color ? `\u001b[1m${text}\u001b[22m` : text)
  const parts = [
    `${bold('Portcullis')} listens on ${bold(url)}. Health and metrics are on ${adminUrl}.`,
    showRules(settings),
    ...showFirstUsers(options, bold)
  ]
  if (withExample) parts.push(`${bold('Try it')} in another terminal:\n${showCurlLines(options)}`)
  parts.push('Ctrl-C drains and stops.')
  return `\n${parts.join('\n\n')}\n\n`
}
