// `npm run bench -- policy [--rounds 100]`: what it costs to find the rule of a request, in CPU nanoseconds for the whole
// of `find`, with few rules and with many, on paths that come again and again and on paths spread over the whole file;
// what it costs to compile a policy; and what the worst files and paths that we know of cost. One thread, no network.
// The best round counts: what else runs on a machine only adds.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { root } from './ready.mjs'

const HOT = 16
const SPREAD = 4096
/** Longer ones do not come through Node's limit on the head of a request. */
const PATH_BYTES = 16_384
/** Look-ups that are timed together: one is too short, and many are interrupted. */
const BATCH = 4096
const HOSTS = ['api.example.com', 'www.example.com', 'intranet.example.com', 'partner.example.com']

const sensitive = { encodedSlash: 'refuse', semicolon: 'refuse', emptySegments: 'refuse', case: 'sensitive' }
const strict = { ...sensitive, case: 'insensitive' }

/** Numbers that are the same in every run (Lehmer, modulus 2^31 - 1). */
function createRandom(seed) {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

const ruleOf = (path, index, more = {}) => ({
  index,
  line: index + 1,
  path,
  hosts: null,
  methods: null,
  allow: { kind: 'anyone' },
  upstream: 'web',
  limits: [],
  paths: strict,
  ...more
})

// An ordinary file: an API a group of rules, from the particular to the general, `mids` rules `/**/w/**` among them.
// One rule in fifty is for a kind of file, one in five for some methods, one in ten for one host.
function ordinaryRules(count, mids) {
  const random = createRandom(7)
  const every = mids === 0 ? Number.POSITIVE_INFINITY : Math.floor(count / mids)
  return Array.from({ length: count }, (_, index) => {
    const area = `/area${Math.floor(index / 60)}/thing${Math.floor(index / 4)}`
    const kinds = [`${area}/{id}/work`, `${area}/{id}/${random(4) === 0 ? 'parts/{part}' : 'state'}`, `${area}/{id}`]
    let path = kinds[index % 4] ?? `${area}/**`
    if (random(50) === 0) path = `${area}/*.json`
    if (index % every === every - 1) path = `/**/within${index}/**`
    return ruleOf(path, index, {
      ...(random(5) === 0 && { methods: random(2) === 0 ? ['GET'] : ['POST', 'PUT', 'DELETE'] }),
      ...(random(10) === 0 && { hosts: [HOSTS[random(HOSTS.length)]] })
    })
  })
}

/** Requests that some rule was written for; other rules may take them first, or its methods refuse them. */
function ordinaryRequests(rules, count) {
  const random = createRandom(11)
  return Array.from({ length: count }, () => {
    const { path, methods, hosts } = rules[random(rules.length)]
    const segments = path
      .slice(1)
      .split('/')
      .flatMap((segment) => {
        if (segment === '**') return ['some', `more${random(1000)}`].slice(random(3))
        if (segment.startsWith('{')) return [`id-${random(100_000)}`]
        return [segment.replace('*', `report${random(100)}`)]
      })
    return {
      method: methods?.[0] ?? ['GET', 'GET', 'GET', 'POST'][random(4)],
      host: hosts?.[0] ?? HOSTS[random(HOSTS.length)],
      // Flat, as a parser of HTTP makes it, and no rope of parts.
      path: Buffer.from(`/${segments.join('/')}`).toString('latin1'),
      oddities: 0
    }
  })
}

function cpuNanoseconds(work) {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000
}

/** Twice, so that what the processor had forgotten of this policy meanwhile is fetched before the clock runs. */
function perLookUp(policy, requests) {
  let matched = 0
  const lookUp = () => {
    for (let at = 0; at < BATCH; at += 1) if ('rule' in policy.find(requests[at % requests.length])) matched += 1
  }
  lookUp()
  const spent = cpuNanoseconds(lookUp)
  if (matched === 0) throw new Error('no request was matched')
  return spent / BATCH
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

const heapBytes = () => {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** The policy, the milliseconds to compile it, and the megabytes that it keeps. */
function compile(compilePolicy, rules) {
  const before = heapBytes()
  let policy
  const compileMs =
    cpuNanoseconds(() => {
      policy = compilePolicy({ revision: 'bench', rules })
    }) / 1e6
  return { policy, compileMs, megabytes: (heapBytes() - before) / 1e6 }
}

const row = (cells) =>
  process.stdout.write(
    `${cells[0].padEnd(34)}${cells
      .slice(1)
      .map((cell) => cell.padStart(10))
      .join('')}\n`
  )

function benchOrdinary(compilePolicy, rounds) {
  const sizes = [
    [10_000, 10],
    [10_000, 1],
    [10_000, 0],
    [1000, 10],
    [1000, 0],
    [10, 0]
  ]
  // The largest is compiled first, by code that has not run before, as when a gateway starts.
  const tables = sizes.map(([count, mids]) => {
    const rules = ordinaryRules(count, mids)
    const spread = ordinaryRequests(rules, SPREAD)
    return { count, mids, spread, hot: spread.slice(0, HOT), ...compile(compilePolicy, rules), hotNs: [], spreadNs: [] }
  })
  for (let round = -10; round < rounds; round += 1) {
    for (const table of tables) {
      const hot = perLookUp(table.policy, table.hot)
      const spread = perLookUp(table.policy, table.spread)
      if (round >= 0) table.hotNs.push(hot)
      if (round >= 0) table.spreadNs.push(spread)
    }
  }
  const base = tables.at(-1)
  row(['rules, leading ** among them', 'compile ms', 'heap MB', 'hot ns', 'ratio', 'spread ns', 'ratio'])
  for (const { count, mids, compileMs, megabytes, hotNs, spreadNs } of tables.toReversed()) {
    const [hot, spread] = [Math.min(...hotNs), Math.min(...spreadNs)]
    row([
      `${count}, ${mids}`,
      compileMs.toFixed(0),
      megabytes.toFixed(1),
      hot.toFixed(0),
      (hot / Math.min(...base.hotNs)).toFixed(2),
      spread.toFixed(0),
      (spread / Math.min(...base.spreadNs)).toFixed(2)
    ])
  }
}

const many = (count, pathOf) => Array.from({ length: count }, (_, index) => ruleOf(pathOf(index), index))
const listOf = (length, make) => Array.from({ length }, (_, at) => make(at))
/** As much of a text, again and again, as a request line can hold. */
const fill = (text) => text.repeat(Math.ceil(PATH_BYTES / text.length)).slice(0, PATH_BYTES)

/** Files made to explode, each with the paths that we found to be the worst for it. */
function hostilePolicies() {
  const random = createRandom(3)
  const names = listOf(10_000, (index) => `/${index.toString(36)}`).join('')
  const oneOf = (choices, length) => listOf(length, (at) => choices[random(choices.length)] ?? `{x${at}}`).join('/')
  const glob = (index) => `*${(index % 8).toString(36)}*${Math.floor(index / 8).toString(36)}*`
  const coins = fill(listOf(8192, () => (random(2) === 0 ? '/a' : '/b')).join(''))
  const as = fill('/a')
  return [
    ['/**/wi/**/zi', many(10_000, (at) => `/**/${at.toString(36)}/**/z${at}`), [as, fill(names), coins]],
    ['/**/a/{x}^k/zi', many(10_000, (at) => `/**/a/${oneOf([null], at % 29)}/z${at}`.replace('//', '/')), [as]],
    ['/(a|{x})^28/zi', many(10_000, (at) => `/${oneOf(['a', null], 28)}/z${at}`), [as, '/a'.repeat(29)]],
    ['/**/zi/(a|{x})^28', many(10_000, (at) => `/**/z${at}/${oneOf(['a', null], 28)}`), [as, coins]],
    ['/**/(a|b|{x})^28/**/zi', many(714, (at) => `/**/${oneOf(['a', 'b', null], 28)}/**/z${at}`), [as, coins]],
    ['/**/64 globs/**/zi', many(10_000, (at) => `/**/${glob(at % 64)}/**/z${at}`), [as, fill('/0123456/71')]],
    ['/64 globs^28', many(10_000, () => `/${oneOf(listOf(64, glob), 28)}`), [`/${'01234567'.repeat(4)}`.repeat(28)]],
    [
      '/**/a/** for 10,000 hosts',
      many(10_000, () => '/**/a/**').map((rule, at) => ({ ...rule, hosts: [`h${at}`] })),
      [as]
    ]
  ]
}

function benchHostile(compilePolicy) {
  row(['made to explode', 'compile ms', 'heap MB', 'worst ms'])
  for (const [name, rules, paths] of hostilePolicies()) {
    const { policy, compileMs, megabytes } = compile(compilePolicy, rules)
    const worst = (path) => cpuNanoseconds(() => policy.find({ method: 'GET', host: 'h1', path, oddities: 0 })) / 1e6
    const worstMs = Math.max(...paths.map((path) => Math.min(worst(path), worst(path), worst(path))))
    row([name, compileMs.toFixed(0), megabytes.toFixed(1), worstMs.toFixed(2)])
  }
}

/** Runs the measurement and prints a line for each policy. */
export async function benchPolicy({ args }) {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '100' } } })
  const { compilePolicy } = await import(join(root, 'dist', 'gateway', 'policy', 'index.js'))
  process.stdout.write(`CPU time to find the rule of a request, node ${process.versions.node}, best of rounds\n`)
  benchOrdinary(compilePolicy, Number(values.rounds))
  process.stdout.write('\n')
  benchHostile(compilePolicy)
}
