import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { formatMistake, showMistake } from '../../gateway/settings/index.js'
import { parse } from './reading.js'

const example = readFileSync(new URL('../../../gateway.yaml', import.meta.url), 'utf8')

const fragments = fc.oneof(
  fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ': ',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '!x ',
      '? ',
      '|',
      '>',
      '"',
      "'",
      '#',
      '%',
      '---\n',
      '\t',
      '\n'
    ],
    ...['\n  ', '\u0000', '\ud800', '~', 'null', '1e400', '-0', '.nan', '${', `\${X}`, '__proto__: ', 'constructor: '],
    ...[
      'rules: ',
      'upstreams: ',
      'limits: ',
      'allow: ',
      'claims: ',
      'tokens: ',
      'keys: ',
      'secret: ',
      '{ file: / }',
      '{id}'
    ]
  ),
  fc.string({ maxLength: 5 })
)

const mangled = fc
  .array(fc.tuple(fc.nat(example.length), fc.nat(30), fragments), { minLength: 1, maxLength: 6 })
  .map((cuts) => {
    return cuts.reduce(
      (text, [at, length, fragment]) => text.slice(0, at) + fragment + text.slice(at + length),
      example
    )
  })

function tellsMistakesOrSettings(source: string): boolean {
  const result = parse(source, { X: `\${Y}` })
  const lines = source.split(/\r\n|[\r\n]/).length
  const mistakes = 'mistakes' in result ? result.mistakes : []
  for (const mistake of [...mistakes, ...result.warnings]) {
    if (mistake.line < 1 || mistake.line > lines + 1 || mistake.column < 1) return false
    if (formatMistake(mistake).includes('\n')) return false
    showMistake(mistake, { color: true })
  }
  return 'settings' in result || mistakes.length > 0
}

t.test('a mangled file yields settings or mistakes with a place', (t) => {
  fc.assert(fc.property(mangled, tellsMistakesOrSettings), { interruptAfterTimeLimit: 2000, numRuns: 2000 })
  t.end()
})

t.test('any structure yields settings or mistakes with a place', (t) => {
  const keys = [
    'rules',
    'upstreams',
    'limits',
    'tokens',
    'keys',
    'allow',
    'claims',
    'path',
    'to',
    'url',
    'headers',
    'x'
  ]
  const structure = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, true, 0, -1, '', 'a', '/a', `\${X}`, 'http://a', '{id}'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 5 })
    )
  })).value
  const source = fc.dictionary(fc.constantFrom(...keys), structure).map((value) => JSON.stringify(value))
  fc.assert(fc.property(source, tellsMistakesOrSettings), { interruptAfterTimeLimit: 2000, numRuns: 2000 })
  t.end()
})
