import t from 'tap'
import { until } from '../helpers/gateway-process.js'
import { startRawUpstream } from '../helpers/upstream.js'
import { shakeHands, shownName, startTlsGateway } from './tls-site.js'

t.test('an answer that breaks off ends its own connection and nothing else, whatever version is spoken', async (t) => {
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    if (!bytes.toString('latin1').endsWith('\r\n\r\n')) return
    socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')
    setTimeout(() => socket.resetAndDestroy(), 50)
  })
  const gateway = await startTlsGateway(t, upstream.url)
  for (const version of ['1.0', '1.1']) {
    const { socket } = await shakeHands(t, gateway.port)
    let text = ''
    let closed = false
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => {
      closed = true
    })
    socket.write(`GET /open/x HTTP/${version}\r\nHost: a\r\n\r\n`)
    await until('the connection ends', () => closed)
    t.match(text, /^HTTP\/1\.1 200 [\s\S]*half/, `HTTP/${version}`)
    t.notMatch(text, /\r\n0\r\n\r\n$/, 'it does not look whole')
    t.equal(await shownName(t, gateway.port), 'first', 'control')
  }
  t.same(
    gateway.lines().filter(({ level }) => level === 'fatal'),
    []
  )
})

t.test('so does one that breaks off while it waits for its turn on the connection', async (t) => {
  let answerFirst = () => {}
  const upstream = await startRawUpstream(t, (socket, bytes) => {
    const text = bytes.toString('latin1')
    if (text.includes('GET /open/first ')) {
      answerFirst = () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst')
    } else {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')
      setTimeout(() => socket.resetAndDestroy(), 50)
      setTimeout(() => answerFirst(), 300)
    }
  })
  const gateway = await startTlsGateway(t, upstream.url)
  const { socket } = await shakeHands(t, gateway.port)
  let text = ''
  let closed = false
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('close', () => {
    closed = true
  })
  socket.write('GET /open/first HTTP/1.1\r\nHost: a\r\n\r\nGET /open/second HTTP/1.1\r\nHost: a\r\n\r\n')
  await until('the connection ends', () => closed, 10_000)
  t.match(text, /\r\n\r\nfirstHTTP\/1\.1 200 [\s\S]*half\r\n$/, 'what there was of it comes, and is not whole')
  t.equal(await shownName(t, gateway.port), 'first', 'control')
})
