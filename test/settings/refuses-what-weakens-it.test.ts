import t from 'tap'
import { mistakesOf, rest, warningsOf } from './reading.js'

t.test('trusting every proxy needs a key that says so, however it is spelled', (t) => {
  for (const network of ['0.0.0.0/0', '10.0.0.0/0', '::/0', '0::0/0', '::ffff:0:0/96', '::ffff:1.2.3.4/96']) {
    const list = `trusted_proxies: ["${network}"]\n`
    t.same(mistakesOf(`${list}${rest}`), [
      '1:19 trusted_proxies[0]: would let every client choose its own address, name the proxies, or say insecure_trust_every_proxy: true'
    ])
    t.same(mistakesOf(`${list}insecure_trust_every_proxy: true\n${rest}`), [])
  }
  t.end()
})

t.test('an admin port on every address needs a key that says so', (t) => {
  for (const listen of [':9901', '0.0.0.0:9901', '[::]:9901', '[0:0::0]:9901', '[::ffff:0.0.0.0]:9901']) {
    t.same(mistakesOf(`admin: { listen: "${listen}" }\n${rest}`), [
      '1:18 admin.listen: would open the admin port on every address, name one address, or say insecure_listen_everywhere: true'
    ])
    t.same(mistakesOf(`admin: { listen: "${listen}", insecure_listen_everywhere: true }\n${rest}`), [])
  }
  t.end()
})

t.test('every insecure key in force is named', (t) => {
  const source = `insecure_trust_every_proxy: true
admin: { insecure_listen_everywhere: true }
tokens: { algorithm: HS256, keys: { secret: short, insecure_short_secret: true } }
${rest}`
  t.same(warningsOf(source), [
    '1:29 insecure_trust_every_proxy: weakens the gateway',
    '2:38 admin.insecure_listen_everywhere: weakens the gateway',
    '3:75 tokens.keys.insecure_short_secret: weakens the gateway'
  ])
  t.same(warningsOf(source.replaceAll('true', 'false')), [])
  t.end()
})

t.test('listening beyond this machine without trusted proxies is warned of', (t) => {
  const [first, ...others] = warningsOf(`listen: ":80"\n${rest}`)
  t.match(first, /^1:9 listen: listens beyond this machine without TLS/)
  t.same(others, [])
  t.same(warningsOf(`listen: ":80"\ntrusted_proxies: [10.0.0.1]\n${rest}`), [])
  t.same(warningsOf(`listen: localhost:80\n${rest}`), [])
  t.end()
})
