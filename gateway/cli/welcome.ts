import { resolve } from 'node:path'
import type { Rule } from '../domain.js'
import type { Settings } from '../settings/index.js'
import type { FirstUser } from './first-users.js'
import { findRequestsToTry, type RequestsToTry } from './requests-to-try.js'
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
  /** Whether there is a `demo`: the first start adds it only for the example. */
  readonly hasDemo: boolean
  /** Where generated passwords are; null: they are shown here, or nowhere any more. */
  readonly passwordFile: string | null
  /** The origin of the example upstream; null: there is none. */
  readonly example: string | null
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

/** A store that was first started without the example has no `demo`, and its file of passwords none of it. */
function demoLines(options: WelcomeOptions): string[] {
  if (options.hasDemo) return [passwordLine('demo', options)]
  const add = `portcullis user add demo --roles user --config ${quoted(resolve(options.settings.file))}`
  return [`# There is no demo yet. This adds it: ${add}`, passwordLine('demo', { ...options, passwordFile: null })]
}

const ordinal = (n: number) => {
  const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd' }
  return `${n}${endings[new Intl.PluralRules('en', { type: 'ordinal' }).select(n)] ?? 'th'}`
}

const loginLine = (url: string, prefix: string, name: string) =>
  `${name}_TOKEN=$(curl -s ${url}${prefix}/login -d username=${name.toLowerCase()} --data-urlencode "password=$${name}" | ` +
  `sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p')`

/** Lines for a shell that show the main job: sign in, be forwarded, be refused, be limited. */
function showCurlLines(options: WelcomeOptions, { open, closed, limit }: RequestsToTry): string {
  const { url, settings } = options
  const { prefix } = settings.auth
  const as = (name: string) => `-H "Authorization: Bearer $${name}_TOKEN"`
  const counted = `-s -o /dev/null -w '%{http_code}\\n' ${url}${open} ${as('DEMO')}`
  // Comments without quotes or parentheses: zsh, when interactive, takes them for commands.
  return [
    '# Sign in: passwords, then an access token each.',
    passwordLine('admin', options),
    ...demoLines(options),
    loginLine(url, prefix, 'ADMIN'),
    loginLine(url, prefix, 'DEMO'),
    ...(open === null
      ? []
      : ['', '# A protected path: the upstream shows what it was sent.', `curl -i ${url}${open} ${as('ADMIN')}`]),
    ...(closed === null
      ? []
      : [
          '',
          '# An admin path: 200 for admin, 403 for demo.',
          `curl -i ${url}${closed} ${as('ADMIN')}`,
          `curl -i ${url}${closed} ${as('DEMO')}; echo`
        ]),
    ...(limit === null
      ? []
      : [
          '',
          `# The limit of demo: ${limit.requests} of these are 200, the ${ordinal(limit.requests + 1)} is 429.`,
          `for i in $(seq ${limit.requests + 1}); do curl ${counted}; done | sort | uniq -c`
        ])
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

/** How the example is tried; a file without an upstream that stands for it is told how it gets one. */
function showExample(options: WelcomeOptions, example: string, bold: (text: string) => string): string {
  const { settings, url } = options
  const found = findRequestsToTry(settings, new URL(url).host, example)
  if (Object.values(settings.upstreams).some(({ origins }) => origins.includes(example)))
    return `${bold('Try it')} in another terminal:\n${showCurlLines(options, found)}`
  return [
    `The example upstream is ${example}, and no upstream of the file leads there. One does that says`,
    `  url: \${PORTCULLIS_EXAMPLE_UPSTREAM:-http://127.0.0.1:9001}`
  ].join('\n')
}

/** What a person sees when the gateway is up. */
export function showWelcome(options: WelcomeOptions): string {
  const { settings, url, adminUrl, example, color } = options
  const bold = (text: string) => (color ? `\u001b[1m${text}\u001b[22m` : text)
  const parts = [
    `${bold('Portcullis')} listens on ${bold(url)}. Health and metrics are on ${adminUrl}.`,
    showRules(settings),
    ...showFirstUsers(options, bold)
  ]
  if (example !== null) parts.push(showExample(options, example, bold))
  parts.push('Ctrl-C drains and stops.')
  return `\n${parts.join('\n\n')}\n\n`
}
