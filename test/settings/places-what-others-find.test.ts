import t from 'tap'
import { formatMistake, mistakeAt, mistakeAtKey, showMistake, warningAt } from '../../gateway/settings/index.js'
import { parse } from './reading.js'

const source = `upstreams: { app: { url: "http://127.0.0.1:1" } }
rules:
  - path: /a/**
    allow: { roles: [admin] }
    to: app
  - path: /a/b # hidden
    allow: anyone
    to: app
`

t.test('what is found outside of the settings gets its place and its lines, in the order of the file', (t) => {
  const result = parse(source, {}, 'gateway.yaml')
  if (!('settings' in result)) throw new Error('the file is good')
  const hidden = warningAt(['rules', 1, 'path'], 'can never match', null, [
    { path: ['rules', 0, 'path'], at: 'value', message: 'takes its requests' }
  ])
  const located = result.locate([
    mistakeAt(['rules', 7], 'does not exist'),
    hidden,
    mistakeAtKey(['rules', 0, 'allow'], 'is too strict', 'say why')
  ])
  t.same(located.map(formatMistake), [
    'gateway.yaml:3:3 rules[7]: does not exist',
    'gateway.yaml:4:5 rules[0].allow: is too strict, say why',
    'gateway.yaml:6:11 rules[1].path: can never match'
  ])
  t.same(
    located.map(({ level }) => level),
    ['mistake', 'mistake', 'warning']
  )
  const [, , last] = located
  t.match(last, { endLine: 6, endColumn: 15, related: [{ line: 3, column: 11, endLine: 3, endColumn: 16 }] })
  t.equal(
    last && showMistake(last, { color: false }),
    [
      'gateway.yaml:6:11: warning: rules[1].path: can never match',
      '     3 |   - path: /a/**',
      '       |           ----- takes its requests',
      '     5 |     to: app',
      '>    6 |   - path: /a/b # hidden',
      '       |           ^^^^',
      '     7 |     allow: anyone'
    ].join('\n')
  )
  t.end()
})
