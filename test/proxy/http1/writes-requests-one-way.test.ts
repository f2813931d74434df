import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import { framingOfRequest, type UpstreamRequest, writeRequestHead } from '../../../gateway/proxy/http1/request-head.js'
import { requestOf } from './exchanges.js'

const body = () => Readable.from([])
const write = (parts: Partial<UpstreamRequest>) => {
  const request = requestOf(parts)
  return writeRequestHead(request, framingOfRequest(request))
}
const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`
const KEEP = 'connection: keep-alive'
const CLOSE = 'connection: close'
const HOST = ['host', 'a.test']

t.test('a request is framed by what it has, and says whether another follows (RFC 9112 §6, §9.6)', (t) => {
  const sized = [...HOST, 'Content-Length', '5']
  const table: readonly (readonly [parts: Partial<UpstreamRequest>, head: string])[] = [
    [{}, lines('GET / HTTP/1.1', 'host: a.test', KEEP)],
    [{ path: '/a?b' }, lines('GET /a?b HTTP/1.1', 'host: a.test', KEEP)],
    [{ method: 'DELETE' }, lines('DELETE / HTTP/1.1', 'host: a.test', KEEP)],
    // RFC 9110 §8.6: where a body is expected, its absence is said.
    [{ method: 'POST' }, lines('POST / HTTP/1.1', 'host: a.test', KEEP, 'content-length: 0')],
    [{ method: 'PATCH', headers: sized }, lines('PATCH / HTTP/1.1', 'host: a.test', KEEP, 'content-length: 0')],
    [
      { method: 'POST', headers: sized, body: body() },
      lines('POST / HTTP/1.1', 'host: a.test', KEEP, 'content-length: 5')
    ],
    [{ method: 'PUT', body: body() }, lines('PUT / HTTP/1.1', 'host: a.test', KEEP, 'transfer-encoding: chunked')],
    // A body that is not expected may be taken for the next request, and an answer to HEAD may have one after all.
    [{ headers: sized, body: body() }, lines('GET / HTTP/1.1', 'host: a.test', CLOSE, 'content-length: 5')],
    [
      { method: 'DELETE', body: body() },
      lines('DELETE / HTTP/1.1', 'host: a.test', CLOSE, 'transfer-encoding: chunked')
    ],
    [{ method: 'HEAD' }, lines('HEAD / HTTP/1.1', 'host: a.test', CLOSE)],
    [{ isLast: true }, lines('GET / HTTP/1.1', 'host: a.test', CLOSE)],
    [{ upgrade: true }, lines('GET / HTTP/1.1', 'host: a.test', 'connection: upgrade', 'upgrade: websocket')],
    [
      { headers: [...HOST, 'A', '1', 'a', '2', 'b', '', 'c', '\x80\t "\xff'] },
      lines('GET / HTTP/1.1', 'host: a.test', KEEP, 'A: 1', 'a: 2', 'b: ', 'c: \x80\t "\xff')
    ]
  ]
  for (const [parts, head] of table) t.equal(write(parts), head)
  t.end()
})

t.test('nothing in a field or a target ends it early', (t) => {
  const octets = Array.from({ length: 0x180 }, (_, i) => String.fromCharCode(i))
  for (const c of [...octets, '\u2028', '\u010a', '\u0d0a', '\ud83d\ude00']) {
    const name = `U+${c.codePointAt(0)?.toString(16)}`
    const inValue = () => write({ headers: [...HOST, 'x', `a${c}b`] })
    if (/^[\t -~\x80-\xff]$/.test(c)) t.match(inValue(), `\r\nx: a${c}b\r\n`, name)
    else t.throws(inValue, /would end early/, name)
    const inHost = () => write({ headers: ['host', `a${c}`] })
    if (/^[\t -~\x80-\xff]$/.test(c)) t.doesNotThrow(inHost, name)
    else t.throws(inHost, /would end early/, name)
    const inTarget = () => write({ path: `/a${c}b` })
    if (/^[!-~\x80-\xff]$/.test(c)) t.match(inTarget(), `GET /a${c}b HTTP/1.1\r\n`, name)
    else t.throws(inTarget, /would end early/, name)
  }
  t.end()
})

t.test("Node's own server reads every request as it was meant", async (t) => {
  const server = createServer((request, response) => {
    const { method, url, rawHeaders } = request
    response.end(JSON.stringify({ method, url, rawHeaders }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY', 'M-SEARCH']) {
    const headers = [...HOST, 'X-A', 'b', 'x-a', 'c\x80', 'content-length', '0']
    const text = await new Promise<string>((resolve, reject) => {
      let all = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(write({ method, headers, isLast: true }), 'latin1'))
      socket.setEncoding('latin1').on('data', (chunk) => (all += chunk))
      socket.on('end', () => resolve(all)).on('error', reject)
    })
    // Older versions of Node do not know it yet.
    if (method === 'QUERY' && text.includes('400 Bad Request')) continue
    t.match(text, JSON.stringify({ method, url: '/' }).slice(0, -1), method)
    t.match(text, '"X-A","b","x-a","c\xc2\x80"', method)
  }
})
