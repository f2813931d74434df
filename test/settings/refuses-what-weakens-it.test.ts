import t from 'tap'
import { mistakesOf, rest, settingsOf, warningsOf } from './reading.js'

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

t.test('answering everybody needs a key that says so', (t) => {
  for (const network of ['0.0.0.0/0', '::/0', '::ffff:0:0/96']) {
    const line = (more: string) => `forward_auth: { mode: nginx, from: ["${network}"]${more} }\n${rest}`
    t.same(mistakesOf(line('')), [
      '1:37 forward_auth.from[0]: would let every client ask, from an address of its choice, name the proxies, or say insecure_from_everywhere: true'
    ])
    t.same(mistakesOf(line(', insecure_from_everywhere: true')), [])
  }
  const open = `forward_auth: { mode: nginx, from: [::/0], insecure_from_everywhere: true }\n${rest}`
  t.same(warningsOf(open), ['1:70 forward_auth.insecure_from_everywhere: weakens the gateway'])
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

t.test('cookies without TLS need a key that says so, and are called what no browser binds to a host', (t) => {
  const source = (url: string, more = '') =>
    `public_url: ${url}\ntokens: { cookies: { enabled: true${more} } }\n${rest}`
  for (const url of ['https://a.example', 'http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:1']) {
    t.equal(settingsOf(source(url)).tokens.cookies.secure, true, url)
    t.equal(settingsOf(source(url, ', insecure_cookies_without_tls: true')).tokens.cookies.secure, true, url)
  }
  t.equal(mistakesOf(source('http://localhost.example')).length, 1)
  t.equal(settingsOf(source('http://gateway.lan', ', insecure_cookies_without_tls: true')).tokens.cookies.secure, false)
  t.end()
})

t.test('a page in clear that may send cookies is warned of', (t) => {
  const source = `cors: { origins: [http://app.lan, "http://localhost:5173"], credentials: true }\n${rest}`
  t.same(warningsOf(source), ['1:19 cors.origins[0]: is plain http: whoever is on its way can act for its users'])
  t.same(warningsOf(source.replace('true', 'false')), [])
  t.end()
})

t.test('a hash below the known minimum needs a key that says so', (t) => {
  const hash = (line: string) => mistakesOf(`users: { hash: { ${line} } }\n${rest}`)
  const weak: Record<string, string> = {
    'memory: 18mb': '1:26 users.hash.memory: is less than 2 passes need to withstand guessing, write 19mb',
    'memory: 19455kb': '1:26 users.hash.memory: is less than 2 passes need to withstand guessing, write 19mb',
    'passes: 1': '2:1 users.hash.memory: is less than 1 pass needs to withstand guessing, write 46mb',
    'memory: 6mb, passes: 100': '1:26 users.hash.memory: is less than 100 passes need to withstand guessing, write 7mb'
  }
  for (const [line, mistake] of Object.entries(weak)) {
    t.match(hash(line)[0], mistake.replace(/^\S+ /, ''), line)
    t.match(hash(line)[0], /, or say insecure_weak_hash: true$/)
    t.same(hash(`${line}, insecure_weak_hash: true`), [], line)
  }
  for (const line of ['memory: 46mb, passes: 1', 'memory: 12mb, passes: 3', 'memory: 7mb, passes: 5', 'memory: 4gb']) {
    t.same(hash(line), [], line)
  }
  t.match(hash('memory: 8kb, parallelism: 2, insecure_weak_hash: true'), [/must be at least 16kb for these lanes$/])
  t.end()
})

t.test('every insecure key in force is named', (t) => {
  const source = `insecure_trust_every_proxy: true
admin: { insecure_listen_everywhere: true }
tokens: { algorithm: HS256, keys: { secret: short, insecure_short_secret: true }, cookies: { insecure_cookies_without_tls: true } }
issuers: { corp: { issuer: "http://a", audience: a, insecure_http: true } }
users: { hash: { insecure_weak_hash: true } }
${rest}`
  t.same(warningsOf(source), [
    '1:29 insecure_trust_every_proxy: weakens the gateway',
    '2:38 admin.insecure_listen_everywhere: weakens the gateway',
    '3:75 tokens.keys.insecure_short_secret: weakens the gateway',
    '3:124 tokens.cookies.insecure_cookies_without_tls: weakens the gateway',
    '4:68 issuers.corp.insecure_http: weakens the gateway',
    '5:38 users.hash.insecure_weak_hash: weakens the gateway'
  ])
  t.same(warningsOf(source.replaceAll('true', 'false').replace('http://', 'https://')), [])
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
