import fc from 'fast-check'
import t from 'tap'
import type { Authentication } from '../../gateway/domain.js'
import { compareSettings } from '../../gateway/on-paper/compare-settings.js'
import type { Settings } from '../../gateway/settings/index.js'
import { untilSeen } from '../helpers/until-seen.js'
import { anonymous, as } from '../policy/make-rules.js'
import { type Asked, createAsk, directionOf, entriesOf, head, settingsOf } from './comparing.js'

const timeBox = { numRuns: 3000, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false }

const words = ['a', 'b', 'ab', 'A', 'auth', 'x']
const segment = fc.oneof(fc.constantFrom(...words), fc.constantFrom('{id}', '*', 'a*'))
const path = fc
  .tuple(fc.array(segment, { maxLength: 2 }), fc.constantFrom('', '/**', '/**', '/'))
  .map(([segments, end]) => `${segments.map((each) => `/${each}`).join('')}${end}` || '/')
  .filter((text) => text.indexOf('{id}') === text.lastIndexOf('{id}'))

const allow = fc.constantFrom<unknown>(
  'anyone',
  'authenticated',
  'nobody',
  { roles: ['r'] },
  { roles: ['r', 's'] },
  { all_roles: ['r', 's'] },
  { networks: ['10.0.0.0/8'] },
  [{ roles: ['r'] }, { networks: ['10.0.0.0/8'] }],
  { claims: { level: [1, 2] } },
  { scopes: ['write'] }
)

const rule = fc.record(
  {
    path,
    methods: fc.constantFrom(['GET'], ['POST'], ['POST', 'GET']),
    host: fc.constantFrom('one.example', 'two.example'),
    allow,
    to: fc.constantFrom('app', 'app', 'other')
  },
  { requiredKeys: ['path', 'allow', 'to'] }
)
type WrittenRule = typeof rule extends fc.Arbitrary<infer Rule> ? Rule : never

const files = fc
  .tuple(
    fc.array(rule, { minLength: 1, maxLength: 4 }),
    fc.nat(3),
    rule,
    fc.constantFrom('replace', 'insert', 'drop', 'swap')
  )
  .map(([rules, at, other, edit]): readonly [readonly WrittenRule[], readonly WrittenRule[]] => {
    const edited = [...rules]
    const place = Math.min(at, rules.length - 1)
    if (edit === 'replace') edited[place] = other
    else if (edit === 'insert' || rules.length < 2) edited.splice(place, 0, other)
    else if (edit === 'drop') edited.splice(place, 1)
    else edited.push(...edited.splice(place, 1))
    return [rules, edited]
  })

const people: readonly (readonly [Authentication, string])[] = [
  anonymous,
  as({ roles: [] }),
  as({ roles: ['r'] }),
  as({ roles: ['s'] }),
  as({ roles: ['r', 's'] }),
  as({ scopes: ['write'] }),
  as({ claims: { level: 1 } })
].flatMap((who) => ['10.1.1.1', '192.0.2.1'].map((address) => [who, address] as const))

const paths = ['', ...words].flatMap((one) => [`/${one}`, ...['', ...words].map((two) => `/${one}/${two}`)])

const requests = paths
  .filter((each) => !each.startsWith('//'))
  .flatMap((path) =>
    ['GET', 'POST', 'PUT'].flatMap((method) =>
      ['one.example', 'two.example', 'three.example'].map((host) => ({ method, host, path }))
    )
  )

/** JSON is YAML. */
const settingsWith = (rules: readonly WrittenRule[]): Settings => settingsOf(`${head}rules: ${JSON.stringify(rules)}\n`)

/** No condition here reads the path, so that one request of each pair of rules asks for all. */
function differences(before: Settings, after: Settings): Set<string> {
  const [askBefore, askAfter] = [createAsk(before), createAsk(after)]
  const known = new Set<string>()
  const seen = new Set<string>()
  for (const request of requests) {
    const ask = ([authentication, address]: (typeof people)[number]) => {
      const asked: Asked = { ...request, authentication, address }
      return [askBefore(asked), askAfter(asked)] as const
    }
    const rules = ask([anonymous, '192.0.2.1']).map(({ rule, verdict, code }) => rule?.index ?? `${verdict} ${code}`)
    if (known.has(rules.join(' '))) continue
    known.add(rules.join(' '))
    for (const person of people) {
      const [did, does] = ask(person)
      const direction = directionOf(did, does)
      if (direction === null) continue
      // Of a path that is refused for its spelling, an entry of whatever the passing rule changes with tells enough.
      const other = [did, does].some(({ code }) => code === 'bad_path') ? '*' : '-'
      seen.add(`${direction} ${did.rule?.index ?? other} → ${does.rule?.index ?? other}`)
    }
  }
  return seen
}

const isTold = (seen: string, entry: string): boolean => {
  const told = entry.split(' ')
  return seen.split(' ').every((part, index) => part === '*' || part === told[index])
}

t.test('whatever differs has an entry, and every entry is confirmed by both judges', (t) => {
  let [compared, differing] = [0, 0]
  untilSeen(
    () => compared > 10 && differing > 5,
    () =>
      fc.assert(
        fc.property(files, ([one, other]) => {
          const [before, after] = [settingsWith(one), settingsWith(other)]
          entriesOf(before, after)
          const entries = compareSettings(before, after).changes.map(
            ({ direction, old, new: now }) => `${direction} ${old?.index ?? '-'} → ${now?.index ?? '-'}`
          )
          const seen = differences(before, after)
          compared++
          if (seen.size > 0) differing++
          for (const each of seen)
            if (!entries.some((entry) => isTold(each, entry))) throw new Error(`no entry for ${each}: ${entries}`)
        }),
        timeBox
      )
  )
  t.ok(compared > 10 && differing > 5, `${compared} pairs, ${differing} of them differ`)
  t.end()
})
