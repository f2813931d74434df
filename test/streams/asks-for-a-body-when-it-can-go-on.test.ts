import t from 'tap'
import { converse } from '../helpers/conversation.js'
import { startGateway } from '../helpers/gateway.js'
import { startUpstream } from '../helpers/upstream.js'
import { openSite } from './open-site.js'

const head = 'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'

t.test('a client that waits for a 100 is not asked for a body that could go nowhere', async (t) => {
  const upstream = await startUpstream(t)
  const { port } = await startGateway(t, openSite(upstream.url))
  const first = converse(t, port)
  first.say(head)
  await first.hears('HTTP/1.1 100 Continue\r\n\r\n')
  first.say('hello')
  await first.hears('HTTP/1.1 200 OK')
  t.equal(upstream.last().body.toString(), 'hello')
  upstream.server.closeAllConnections()
  await new Promise((resolve) => upstream.server.close(resolve))
  const second = converse(t, port)
  second.say(head)
  await second.end()
  t.match(second.text(), /^HTTP\/1\.1 502 /, 'the first that it hears is the refusal')
})

t.test('requests in one piece are asked each in its turn', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    setTimeout(() => response.end(request.url), request.url === '/slow' ? 100 : 0)
  })
  const { port } = await startGateway(t, openSite(upstream.url))
  const client = converse(t, port)
  client.say(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${head}hello`)
  await client.hears(/\/slowHTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\/x$/)
})
