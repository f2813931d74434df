/** What the tests of upstreams share. */
import type { Test } from 'tap'
import type { TestGateway } from '../helpers/gateway.js'
import { startRawUpstream } from '../helpers/upstream.js'

/** One upstream, open to all. `keys`: of it, as the file has them. */
export const policy = (urls: readonly string[], keys = '') => `
upstreams: { web: { ${urls.length === 1 ? `url: "${urls[0]}"` : `urls: ${JSON.stringify(urls)}`}${keys === '' ? '' : `, ${keys}`} } }
rules: [{ path: /**, allow: anyone, to: web }]
`

/** How often each status came. */
export function statusesOf(statuses: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** A metric's value; NaN: there is none. */
export async function metricOf(
  { resources }: TestGateway,
  name: string,
  ...labels: readonly string[]
): Promise<number> {
  const text = await resources.metrics.registry.getSingleMetricAsString(name)
  const line = text
    .split('\n')
    .find((line) => line.startsWith(`${name}{`) && labels.every((one) => line.includes(`"${one}"`)))
  return Number(line?.slice(line.lastIndexOf(' ')) ?? Number.NaN)
}

/** Ends of header sections. */
const requestsIn = (bytes: Buffer) => bytes.toString('latin1').split('\r\n\r\n').length - 1

/** An upstream that answers the first requests of each connection and does to the next one what `then` says. */
export async function startFickleUpstream(
  t: Test,
  good: number,
  then: (socket: Parameters<Parameters<typeof startRawUpstream>[1]>[0]) => void
) {
  let requests = 0
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    requests += 1
    if (requestsIn(bytes) > good) then(socket)
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  return { ...upstream, requests: () => requests }
}
