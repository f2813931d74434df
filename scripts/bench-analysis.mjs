// `npm run bench -- analysis [--rules 5000] [--mid 19]`: milliseconds that the analysis of a generated policy takes, one
// thread, in its own process; `mid` rules begin with `**` and so overlap all others.
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'

const paths = { case: 'insensitive', encodedSlash: 'refuse', semicolon: 'refuse', emptySegments: 'refuse' }

/** A generator of numbers that gives the same policy each time (Lehmer, MINSTD). */
function createRandom(seed) {
  let state = seed
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

function pattern(random, at, isMid) {
  const place = `area${random(40)}/part${random(60)}`
  const word = `word${random(300)}`
  if (isMid) return `/**/${word}/**`
  if (random(50) === 0) return `/${place}/*.json`
  return [`/${place}/${word}/**`, `/${place}/{id}`, `/${place}/{id}/${word}`, `/${place}/leaf${at}`][random(4)]
}

export function makePolicy(count, mid) {
  const random = createRandom(7)
  return Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    path: pattern(random, index, mid > 0 && index % Math.ceil(count / mid) === 5),
    hosts: random(10) === 0 ? [`host${random(3)}.example.com`] : null,
    methods: [null, null, ['GET'], ['POST', 'PUT']][random(4)],
    allow: random(3) === 0 ? { kind: 'authenticated' } : { kind: 'any', of: [{ roles: [`role${random(20)}`] }] },
    upstream: `up${random(5)}`,
    limits: ['per_user'],
    paths
  }))
}

function timed(name, work) {
  const begin = performance.now()
  const result = work()
  process.stdout.write(`${name.padEnd(32)} ${(performance.now() - begin).toFixed(0).padStart(6)} ms`)
  return result
}

const say = (text) => process.stdout.write(`   ${text}\n`)

export async function benchAnalysis({ args }) {
  const { values } = parseArgs({
    args,
    options: { rules: { type: 'string', default: '5000' }, mid: { type: 'string', default: '19' } }
  })
  const { comparePolicies, findDeadRules, preparePolicy } = await import('../dist/gateway/policy/index.js')
  const rules = makePolicy(Number(values.rules), Number(values.mid))
  const closed = [{ path: '/auth', hosts: null }]
  const prepare = (some) => preparePolicy({ revision: 'r', rules: some, closed })
  const policy = timed('compile and prepare', () => prepare(rules))
  say(`${rules.length} rules, ${values.mid} that begin with **`)
  const lives = timed('dead rules', () => findDeadRules(policy))
  say(
    ['alive', 'dead', 'undecided']
      .map((life) => `${lives.filter((each) => each.life === life).length} ${life}`)
      .join(', ')
  )
  const compare = (name, changed) => {
    const next = prepare(changed)
    const { changes, undecided } = timed(name, () => comparePolicies(policy, next))
    say(`${changes.length} changes, ${undecided.length} undecided`)
  }
  compare('diff, nothing changed', rules)
  const middle = rules.length >> 1
  const change = (at) => rules.map((rule, index) => (index === at ? { ...rule, allow: { kind: 'anyone' } } : rule))
  compare('diff, one rule changed', change(middle))
  compare('diff, one ** rule changed', change(rules.findIndex(({ path }) => path.startsWith('/**'))))
  compare('diff, one rule inserted first', [
    { ...rules[middle], path: '/area1/**', allow: { kind: 'nobody' } },
    ...rules
  ])
  compare(
    'diff, 1 % dropped',
    rules.filter((_, index) => index % 100 !== 50)
  )
}
