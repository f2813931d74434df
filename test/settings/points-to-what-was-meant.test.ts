import t from 'tap'
import type { Mistake } from '../../gateway/settings/index.js'
import { mistakesOf, parse, rest, warningsOf } from './reading.js'

const app = 'app: { url: "http://127.0.0.1:1" }'

/** What the places say that come with the only mistake: `line:column message`. */
function relatedOf(source: string): string[] {
  const result = parse(source, {}, 'gateway.yaml')
  const found: readonly Mistake[] = [...('mistakes' in result ? result.mistakes : []), ...result.warnings]
  return found.flatMap(({ related }) => related.map(({ line, column, message }) => `${line}:${column} ${message}`))
}

t.test('a name that refers to nothing shows the one it may have meant, or where such names are given', (t) => {
  const ruleTo = (upstreams: string, to: string) =>
    `upstreams:\n${upstreams}rules: [{ path: /a, allow: anyone, to: ${to} }]\n`
  t.same(relatedOf(ruleTo(`  ${app}\n`, 'ap')), ['2:3 this one'])
  const many = Array.from({ length: 9 }, (_, n) => `  s${n}xyz: { url: "http://127.0.0.1:1" }\n`).join('')
  t.same(relatedOf(ruleTo(many, 'nowhere')), ['1:1 the names are given here'])
  t.same(mistakesOf(ruleTo(`  ${app}\n`, 'nowhere')), [
    "3:40 rules[0].to: no upstream is called 'nowhere', the names are app"
  ])
  t.end()
})

t.test('of two that cannot stand together the other is shown', (t) => {
  t.same(relatedOf(`tokens:\n  refresh: { idle: 40d, absolute: 30d }\n${rest}`), ['2:35 this'])
  t.same(relatedOf(`identity: { headers: { X-A: sub, x_a: sub } }\n${rest}`), ['1:24 this one'])
  const issuer = '{ issuer: "https://a.example", jwks_url: "https://a.example/keys", audience: [api] }'
  t.same(relatedOf(`issuers:\n  one: ${issuer}\n  two: ${issuer}\n${rest}`), ['2:18 the same'])
  t.same(relatedOf(`public_url: https://a.example\nissuers:\n  one: ${issuer}\n${rest}`), ['1:13 the same'])
  t.end()
})

t.test('a key that is misspelt is told once, and not as missing', (t) => {
  t.same(mistakesOf(`upsteams: { ${app} }\nrules: [{ path: /a, alow: anyone, too: app }]\n`), [
    "1:1 upsteams: is not a known key, did you mean 'upstreams'?",
    "2:21 rules[0].alow: is not a known key, did you mean 'allow'?",
    "2:35 rules[0].too: is not a known key, did you mean 'to'?"
  ])
  const limts = `limts: { slow: { by: ip, requests: 1, window: 1s } }\ndefault_limits: [slow]\n${rest}`
  t.same(mistakesOf(limts), ["1:1 limts: is not a known key, did you mean 'limits'?"], 'nor do its names dangle')
  t.same(mistakesOf(`lisen: x\nlisten: y\n${rest}`).length, 2, 'but what stands there as well is read')
  t.end()
})

const rules = (...conditions: string[]) =>
  `upstreams: { ${app} }\nrules:\n${conditions.map((allow, n) => `  - { path: /${n}, allow: ${allow}, to: app }\n`).join('')}`

t.test('a role that is named once, and almost as another is, is warned of', (t) => {
  const told = (meant: string, written: string) =>
    warningsOf(rules(`{ roles: [${meant}] }`, `{ all_roles: [x, ${meant}] }`, `{ roles: [${written}] }`))
  for (const [meant, written] of [
    ['admin', 'amdin'],
    ['admin', 'Admin'],
    ['super-admin', 'superadmin'],
    ['administrator', 'adminstrater'],
    ['orders:editor', 'orders:editr']
  ] as const) {
    const message = `5:34 rules[2].allow.roles[0]: nothing else names the role '${written}', did you mean '${meant}'?`
    t.same(told(meant, written), [message], `${written} for ${meant}`)
  }
  for (const [one, other] of [
    ['team-a', 'team-b'],
    ['tier1', 'tier2'],
    ['dev', 'det'],
    ['reader', 'writer'],
    ['orders.read', 'orders.write'],
    ['eu:admin', 'us:admin']
  ] as const)
    t.same(told(one, other), [], `${other} is another than ${one}`)
  t.end()
})

t.test('roles that clients and issuers give out are named too', (t) => {
  const client = 'clients: { billing: { secret: "01234567890123456789012345678901", roles: [service] } }\n'
  t.same(warningsOf(client + rules('{ roles: [servce] }')), [
    "4:34 rules[0].allow.roles[0]: nothing else names the role 'servce', did you mean 'service'?"
  ])
  t.same(warningsOf(client + rules('{ roles: [services] }', '{ roles: [services] }')), [
    "1:75 clients.billing.roles[0]: nothing else names the role 'service', did you mean 'services'?"
  ])
  const map = 'roles: { from: groups, map: { ops: admins } }'
  const issuer = `issuers: { corp: { issuer: "https://a.example", audience: [api], ${map} } }\n`
  t.same(warningsOf(issuer + rules('{ roles: [admin] }', '{ roles: [admin] }')), [
    "1:101 issuers.corp.roles.map.ops: nothing else names the role 'admins', did you mean 'admin'?"
  ])
  t.same(warningsOf(rules('{ roles: [admin] }', '{ roles: [admim] }')).length, 1, 'of two the later one')
  t.end()
})
