import t from 'tap'
import { parseSettings } from '../../gateway/settings/index.js'
import { language } from './reading.js'

t.test('a pattern that is one too many is a mistake where it stands', (t) => {
  const source = `upstreams: { app: { url: "http://127.0.0.1:1" } }
rules:
  - { path: /a, allow: anyone, to: app }
  - { path: a, allow: anyone, to: app }
  - { path: /c, allow: anyone, to: app }
`
  const asked: unknown[] = []
  const result = parseSettings(
    'gateway.yaml',
    source,
    {},
    {
      ...language,
      findExcess: (patterns) => {
        asked.push(patterns)
        return [{ index: 2, fault: 'One too many.' }]
      }
    }
  )
  t.strictSame(asked, [['/a', null, '/c']], 'what cannot be read is no pattern')
  const mistakes = 'mistakes' in result ? result.mistakes : []
  t.match(
    mistakes.filter(({ message }) => message.includes('One too many')),
    [{ line: 5 }]
  )
  t.equal(mistakes.length, 2)
  t.end()
})
