import t from 'tap'
import { type Mistake, showMistake, warningAt } from '../../gateway/settings/index.js'
import { parse, rest } from './reading.js'

/** The first mistake or warning of a file, as it is shown. */
function show(source: string, color = false): string {
  return showMistake(firstOf(source), { color })
}

function firstOf(source: string): Mistake {
  const result = parse(source, {}, 'gateway.yaml')
  const [first] = [...('mistakes' in result ? result.mistakes : []), ...result.warnings]
  if (first === undefined) throw new Error('nothing is wrong')
  return first
}

const upstream = 'upstreams: { app: { url: "http://127.0.0.1:1" } }\n'

t.test('the place is underlined amid the lines around it, with the hint beside', (t) => {
  const source = `${upstream}rules:\n  - path: /a\n    alow: anyone\n    to: app\n`
  t.equal(
    show(source),
    [
      'gateway.yaml:4:5: error: rules[0].alow: is not a known key',
      '     3 |   - path: /a',
      '>    4 |     alow: anyone',
      "       |     ^^^^ did you mean 'allow'?",
      '     5 |     to: app'
    ].join('\n')
  )
  t.match(firstOf(source), { line: 4, column: 5, endLine: 4, endColumn: 9 })
  t.end()
})

t.test('a value is underlined as a whole, and what stands over several lines in the first', (t) => {
  t.match(show(`listen: "now here" # why\n${rest}`), /\n {7}\| {9}\^{10}$/m)
  const source = `${upstream}rules:\n  - path: /a\n    allow: anyone\n    to: app\n  - path: /a # again\n    to: app\n    allow: anyone\n\n`
  const result = parse(source, {}, 'gateway.yaml')
  const [mistake] = 'locate' in result ? result.locate([warningAt(['rules', 1], 'is there again')]) : []
  if (mistake === undefined) throw new Error('the file has mistakes')
  t.match(mistake, { level: 'warning', line: 6, column: 5, endLine: 8, endColumn: 18 })
  t.match(showMistake(mistake, { color: false }), /\n> {4}6 \| {3}- path: \/a # again\n {7}\| {5}\^{16}\n {5}7 \|/)
  t.end()
})

t.test('what is missing has no length', (t) => {
  const mistake = firstOf(`${upstream}rules:\n  - path: /a\n    to: app\n`)
  t.match(mistake, { path: 'rules[0].allow', line: 3, column: 5, endLine: 3, endColumn: 5 })
  t.match(showMistake(mistake, { color: false }), /\n {7}\| {5}\^\n/)
  t.end()
})

t.test('another place that explains it is shown too, where it stands in the file', (t) => {
  const source = `store: "memory:"\n\npublic_health: /healthz\nlisten: 127.0.0.1:1\nstore: "memory:"\n${rest}`
  t.equal(
    show(source),
    [
      'gateway.yaml:5:1: error: store: is given twice',
      '     1 | store: "memory:"',
      '       | ----- here first',
      '   ...',
      '     4 | listen: 127.0.0.1:1',
      '>    5 | store: "memory:"',
      '       | ^^^^^',
      '     6 | upstreams: { app: { url: "http://127.0.0.1:1" } }'
    ].join('\n')
  )
  const twice = show(`{ store: "memory:", store: "memory:", ${rest.trim().replace('\n', ', ')} }`)
  t.match(twice, /^ {7}\| {21}\^{5}\n {7}\| {3}-{5} here first$/m, 'in one line too')
  t.end()
})

t.test('tabs, carriage returns, wide and combining characters do not move the underlining', (t) => {
  const tell = (line: string) => show(`${line}\r\n${rest}`).split('\n').slice(1, 3)
  t.same(tell('logs: { access:\t[] }'), ['>    1 | logs: { access: [] }', '       |                 ^^'])
  t.match(show(`logs: { "\u6f22e\u0301": 1 }\n${rest}`), /\n {7}\| {9}\^{5} the keys/)
  t.end()
})

t.test('a long line is shown around the place', (t) => {
  const filler = `trusted_proxies: [${'10.0.0.0/8, '.repeat(100)}`
  const [, line = '', caret = ''] = show(`${filler}nowhere, ${'10.0.0.0/8, '.repeat(100)}]\n${rest}`).split('\n')
  t.ok(line.length < 140)
  t.equal(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1), 'nowhere')
  t.end()
})

t.test('characters that move the cursor or turn the line around do not reach the terminal', (t) => {
  t.notMatch(show(`lisen: "\u001b[2Jx\u009b\u202e\u2066"\n${upstream}`), /[\u001b\u009b\u202e\u2066]/)
  t.end()
})

t.test('colour is used only when asked for', (t) => {
  t.notMatch(show('lisen: 1'), '\u001b')
  t.match(show('lisen: 1', true), '\u001b[1;31merror:')
  t.end()
})

t.test('a mistake without a line has no frame', (t) => {
  const nowhere = { line: 0, column: 0, endLine: 0, endColumn: 0, path: '', times: 1, excerpt: [], related: [] }
  const mistake: Mistake = {
    level: 'mistake',
    file: 'gateway.yaml',
    ...nowhere,
    message: 'is wrong',
    hint: 'do better'
  }
  t.equal(showMistake(mistake, { color: false }), 'gateway.yaml: is wrong, do better')
  t.end()
})
