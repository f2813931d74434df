import t from 'tap'
import { formatMistakeWithFrame, type Mistake } from '../../gateway/settings/index.js'

const mistake: Mistake = {
  file: 'gateway.yaml',
  line: 2,
  column: 5,
  path: 'rules[0].to',
  message: 'is wrong',
  hint: null
}
const frame = (source: string, change: Partial<Mistake> = {}) => {
  return formatMistakeWithFrame({ ...mistake, ...change }, source, { color: false })
}

t.test('a caret stands under the place', (t) => {
  t.equal(frame('a\n\tto: x\nb'), 'gateway.yaml:2:5 rules[0].to: is wrong\n    2 |  to: x\n      |     ^')
  t.equal(
    frame('a\r\n  to: x\r\n', { hint: 'do better' }),
    'gateway.yaml:2:5 rules[0].to: is wrong, do better\n    2 |   to: x\n      |     ^'
  )
  t.end()
})

t.test('a long line is shown around the place', (t) => {
  const [, line, caret] = frame(`a\n${'x'.repeat(500)}Y${'x'.repeat(500)}`, { column: 501 }).split('\n')
  t.ok(line !== undefined && line.length < 140)
  t.equal(line?.indexOf('Y'), caret?.indexOf('^'))
  t.end()
})

t.test('control characters of the file do not reach the terminal', (t) => {
  t.notMatch(frame('a\nto: \u001b[2Jx\u009b'), /[\u001b\u009b]/)
  t.end()
})

t.test('colour is used only when asked for', (t) => {
  t.notMatch(frame('a\nto: x'), '\u001b')
  t.match(formatMistakeWithFrame(mistake, 'a\nto: x', { color: true }), '\u001b[31m')
  t.end()
})

t.test('a mistake without a line has no frame', (t) => {
  t.equal(frame('a\nb', { line: 0, column: 0, path: '' }), 'gateway.yaml: is wrong')
  t.end()
})
