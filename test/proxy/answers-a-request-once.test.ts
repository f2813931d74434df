import t from 'tap'
import { startGateway } from '../helpers/gateway.js'
import { sendRaw } from '../helpers/raw-request.js'
import { NOWHERE, site } from '../helpers/site.js'

const MALFORMED = ['4\r\nhello\r\n0\r\n\r\n', '5\r\nhello\n0\r\n\r\n', '5\r\nhelloXX0\r\n\r\n']

t.test('a body that turns out malformed after the refusal gets no second answer', async (t) => {
  const { port } = await startGateway(t, site(NOWHERE))
  for (const body of MALFORMED) {
    const answer = await sendRaw(port, `POST /closed HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)
    t.strictSame(answer.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 401'], JSON.stringify(body))
    t.ok(answer.closed, 'the connection ends, since nothing on it can be told apart any more')
  }
})

t.test('a malformed request after a whole one is still told so', async (t) => {
  const { port } = await startGateway(t, site(NOWHERE))
  const answer = await sendRaw(port, 'GET /closed HTTP/1.1\r\nHost: a\r\n\r\nGET / x HTTP/1.1\r\n\r\n')
  t.strictSame(answer.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 401', 'HTTP/1.1 400'])
  t.ok(answer.closed)
})
