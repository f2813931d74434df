import t from 'tap'
import { compareSettings } from '../../gateway/on-paper/compare-settings.js'
import { entriesOf, head, settingsOf } from './comparing.js'

interface WrittenRule {
  readonly path: string
  readonly methods?: readonly string[]
  readonly roles: readonly string[]
  /** Rules of different areas have no request in common. */
  readonly area: number
}

const areas = 125

/** As an API has them: a collection, its members, their parts, by method, and a catch-all at the end. */
const policy: readonly WrittenRule[] = Array.from({ length: areas }, (_, area): WrittenRule[] => {
  const base = `/api/service${area}`
  const [read, write] = [[`${area % 7}-reader`, `${area % 7}-writer`], [`${area % 7}-writer`]]
  return [
    { area, path: `${base}/export/*.json`, methods: ['GET'], roles: ['auditor'] },
    { area, path: base, methods: ['GET'], roles: read },
    { area, path: base, methods: ['POST'], roles: write },
    { area, path: `${base}/{id}`, methods: ['GET'], roles: read },
    { area, path: `${base}/{id}`, methods: ['PUT', 'DELETE'], roles: write },
    { area, path: `${base}/{id}/parts/{part}`, methods: ['GET'], roles: read },
    { area, path: `${base}/{id}/parts/**`, roles: write },
    { area, path: `${base}/admin/**`, roles: ['admin'] }
  ]
}).flat()

const write = (rules: readonly WrittenRule[]): string =>
  `${head}rules:\n${rules.map(({ path, methods, roles }) => `  - { path: "${path}",${methods ? ` methods: [${methods.join(', ')}],` : ''} allow: { roles: [${roles.join(', ')}] }, to: app }\n`).join('')}`

/** The same meaning in another form, as a formatter and a tidy colleague leave it. */
const writeTidied = (rules: readonly WrittenRule[]): string => {
  const apart = Array.from({ length: areas }, (_, area) =>
    rules.filter((rule) => rule.area === areas - 1 - area)
  ).flat()
  const written = apart.map(
    ({ path, methods, roles }, index) => `
  # ${index}: ${path}
  - to: 'app'
    allow:
      - roles: [${roles.toReversed().join(', ')}]
    ${
      methods
        ? `methods:\n${methods
            .toReversed()
            .map((method) => `      - ${method}\n`)
            .join('')}`
        : ''
    }
    path: '${path.replaceAll('{id}', '{number}').replaceAll('{part}', '{piece}')}'
`
  )
  return `# Tidied.\n${head}rules:\n${written.join('')}`
}

const before = settingsOf(write(policy))

t.test('another form of a thousand rules is no change', (t) => {
  t.equal(policy.length, 1000)
  t.strictSame(entriesOf(before, settingsOf(writeTidied(policy))), [])
  t.end()
})

t.test('one rule that lets one role more in is told alone', (t) => {
  const changed = policy.map((rule, index) => (index === 804 ? { ...rule, roles: [...rule.roles, 'support'] } : rule))
  const after = settingsOf(write(changed))
  const startedMs = performance.now()
  const { changes, undecided, widens } = compareSettings(before, after)
  t.comment(`compared in ${Math.round(performance.now() - startedMs)} ms`)
  t.strictSame(undecided, [])
  t.equal(widens, true)
  const [gain] = changes
  t.match(gain, { direction: 'gain', old: { index: 804 }, new: { index: 804 } })
  t.match(gain?.witness.who.authentication, { kind: 'principal', principal: { roles: ['support'] } })
  t.strictSame(entriesOf(before, after), ['gain 809 → 809'])
  t.end()
})

t.test('one that is found in the tidied file is found, too', (t) => {
  const changed = policy.map((rule, index) => (index === 804 ? { ...rule, roles: [...rule.roles, 'support'] } : rule))
  const { changes } = compareSettings(before, settingsOf(writeTidied(changed)))
  t.strictSame(
    changes.map(({ direction, old }) => [direction, old?.index]),
    [['gain', 804]]
  )
  t.end()
})

t.test('a rule that moves behind one that hides it is told with what that gives and takes', (t) => {
  const [first, second] = [
    { path: '/x/{id}', methods: ['GET'], roles: ['a'], area: -1 },
    { path: '/x/**', roles: ['b'], area: -1 }
  ] as const
  const [one, other] = [settingsOf(write([first, second])), settingsOf(write([second, first]))]
  t.strictSame(entriesOf(one, other), ['gain 5 → 5', 'loss 5 → 5'])
  t.end()
})
