import t from 'tap'
import { mistakesOf, parse } from './reading.js'

const upstreams = 'upstreams: { app: { url: "http://127.0.0.1:1" } }\n'
const rules = (count: number, to: string) =>
  `${upstreams}rules:\n${Array.from({ length: count }, (_, n) => `  - { path: /${n}, allow: anyone, to: ${to} }\n`).join('')}`

t.test('of more than a thousand mistakes the first are told, and how many are left', (t) => {
  const source = rules(1234, 'nowhere')
  const told = mistakesOf(source)
  t.equal(told.length, 1001)
  t.match(told[999], /^1002:\d+ rules\[999\]\.to: no upstream is called 'nowhere'/)
  t.equal(told[1000], '1003:39 and 234 more from here on: no more than 1000 are told at once')
  const result = parse(source)
  t.equal('mistakes' in result && result.mistakes.at(-1)?.times, 234)
  t.equal(mistakesOf(rules(1000, 'nowhere')).length, 1000)
  t.end()
})
