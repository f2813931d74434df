/** Where an upstream is, and how its endpoints are used. */
import { z } from 'zod'
import { choice, count, duration, flag, type Leaf, leaf, refuse, text, textLeaf } from './leaves.js'
import { host, origin } from './network-leaves.js'
import { listOf, oneOrMany, section } from './sections.js'
import { filePath } from './target-leaves.js'

const location = () => origin('the path of the request is kept; see strip_prefix')

/** What a request line can carry (RFC 9112 §3.2.1). */
const requestTarget = () => text('a path such as /healthz', /^\/[\x21\x22\x24-\x7e]*$/)

/** `200`, or `200-299`; both ends included. */
function statusRange(): Leaf<readonly [number, number]> {
  const expected = 'a status such as 200, or a range such as 200-299'
  return leaf(expected, { type: ['integer', 'string'] }, (value) => {
    const [, from, to = from] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value)) ?? []
    if (from === undefined || Number(from) > Number(to)) return refuse()
    return Number(from) < 200 ? refuse('must be final statuses, 200 to 599') : [Number(from), Number(to)]
  })
}

const failureStatus = (): Leaf<number> =>
  leaf('a status of 500 to 599', { type: 'integer', minimum: 500, maximum: 599 }, (value) => {
    return typeof value === 'number' && Number.isInteger(value) && value >= 500 && value <= 599 ? value : refuse()
  })

/** A share of one, of `20%`. */
function share(): Leaf<number> {
  return textLeaf('a percentage such as 20%', /^\d{1,3}%$/, (written) => {
    const percent = Number(written.slice(0, -1))
    return percent <= 100 ? percent / 100 : refuse('must be at most 100%')
  })
}

/** None, or so many. */
function countFromZero(most: number): Leaf<number> {
  const expected = `a whole number from 0 to ${most}`
  const some = count(most)
  return leaf(expected, { type: 'integer', minimum: 0, maximum: most }, (value) => {
    if (value === 0 || value === '0') return 0
    const read = some.safeParse(value)
    return read.success ? read.data : refuse()
  })
}

/** A timer of Node holds 31 bits of milliseconds, and fires at once beyond. */
const longestTimer = '24d'
const timer = (least: string) => duration({ least, most: longestTimer })
const inRow = () => count(1000)

const health = section({
  path: requestTarget().describe('What is asked for, by GET.'),
  every: timer('10ms').prefault('5s').describe('How long between two checks of one endpoint, give or take a tenth.'),
  timeout: timer('1ms').prefault('2s').describe('How long a check may take.'),
  healthy_after: inRow().prefault(2).describe('So many good checks in a row bring an endpoint back.'),
  unhealthy_after: inRow()
    .prefault(3)
    .describe('So many bad ones take it out. The first check of all decides at once.'),
  status: oneOrMany(statusRange()).prefault(['200-299']).describe('Good answers: statuses and ranges of them.'),
  host: host().optional().describe("The Host of a check. Default: the endpoint's own.")
})
  .optional()
  .describe('Asks every endpoint, all the time, whether it can serve.')

const ejection = z
  .union([
    choice(['off']),
    section({
      failures: inRow().prefault(5).describe('So many failed requests in a row take an endpoint out.'),
      for: timer('10ms')
        .prefault('30s')
        .describe('For how long; the second time in a row twice as long, and so on, up to ten times.'),
      statuses: oneOrMany(failureStatus())
        .optional()
        .describe('Answers that count as failures, beside failed connections, time-outs and broken answers.')
    })
  ])
  .optional()
  .describe('Leaves out an endpoint where requests fail; `off`: never. With one `url` alone none is ever left out.')

const retries = section({
  attempts: countFromZero(10).prefault(1).describe('How often one request is tried again; 0: never.'),
  budget: share().prefault('20%').describe('How many of all requests may be tried again, beside ten in a second.')
})
  .prefault({})
  .describe('Sends a request again where that is safe: it was never sent, or into a connection that was just closing.')

const connections = section({
  max: count(100_000).prefault(10_000).describe('Connections to one endpoint, at most.'),
  max_waiting: countFromZero(1_000_000)
    .prefault(1000)
    .describe('Requests that may wait for one, no longer than `timeout`; beyond them 503 `overloaded`.')
})
  .prefault({})
  .describe('How many connections there may be.')

const tls = section({
  ca: filePath().optional().describe("Who signs the upstream's certificate: a PEM file. Default: whom Node trusts."),
  cert: filePath().optional().describe('The certificate that the gateway shows, with its chain: a PEM file.'),
  key: filePath().optional().describe('Its key: a PEM file.'),
  server_name: host()
    .optional()
    .describe("The name that is asked for, and that the certificate must carry. Default: the URL's host."),
  insecure_skip_verify: flag().prefault(false).describe('Believes any certificate.')
})
  .prefault({})
  .describe('How an https upstream is recognised, and what the gateway shows it.')

/** Keys of an upstream. */
export const endpoints = {
  url: location().optional().describe('Scheme, host and port of the service; http or https, without a path.'),
  urls: listOf(location()).optional().describe('Several of them, that serve the same; in place of `url`.'),
  balance: choice(['round_robin', 'least_requests'])
    .prefault('round_robin')
    .describe('Which of several is next: each in turn, or the one with the fewest requests in flight.'),
  health,
  ejection,
  retries,
  connections,
  keep_alive: timer('1ms')
    .prefault('1500ms')
    .describe('How long an idle connection is kept: less than the service keeps it. Its own `Keep-Alive` counts more.'),
  tls
}
