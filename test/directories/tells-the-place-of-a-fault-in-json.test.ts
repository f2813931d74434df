import fc from 'fast-check'
import t from 'tap'
import { parseJson } from '../../gateway/directories/index.js'

const placeOf = (text: string) => {
  const read = parseJson(text)
  return 'fault' in read ? `${read.fault.line}:${read.fault.column}` : 'good'
}

t.test('the place is where the text stops being JSON', async (test) => {
  for (const [text, place] of [
    ['[1, {"a": "b"}]', 'good'],
    ['', '1:1'],
    ['  ', '1:3'],
    ['[1, 2', '1:6'],
    ['[1,]', '1:4'],
    ['[1 2]', '1:4'],
    ['{"a": 1,}', '1:9'],
    ['{a: 1}', '1:2'],
    ['{"a" 1}', '1:6'],
    ['{"a":}', '1:6'],
    ['{"a": 1]', '1:8'],
    ['[{]', '1:3'],
    ['[1]]', '1:4'],
    ['nul', '1:1'],
    ['01', '1:2'],
    ['[NaN]', '1:2'],
    ["['a']", '1:2'],
    ['["\\x"]', '1:3'],
    ['["a\nb"]', '1:4'],
    ['["unfinished', '1:13'],
    ['[\n  {\r\n    "a": "$argon2id$"\n    "b": 1\n  }\n]', '4:5'],
    ['# users', '1:1'],
    ['<html>', '1:1']
  ] as const)
    test.equal(placeOf(text), place, JSON.stringify(text))
  test.equal(placeOf(`["${'a'.repeat(5_000_000)}", x]`), '1:5000006', 'long texts too')
  test.equal(placeOf('['.repeat(200_000)), '1:200001')
})

t.test('of any text, what is no JSON has a place in it, up to which it could have become JSON', async (test) => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 }))
    .map(([json, at, more]) => json.slice(0, at % (json.length + 1)) + more + json.slice(at % (json.length + 1)))
  fc.assert(
    fc.property(fc.oneof(fc.string(), broken), (text) => {
      const read = parseJson(text)
      if ('value' in read) return true
      const lines = text.split(/\r\n?|\n/)
      const line = lines[read.fault.line - 1]
      return line !== undefined && read.fault.column >= 1 && read.fault.column <= line.length + 1
    }),
    { interruptAfterTimeLimit: 1_500, numRuns: 3_000 }
  )
  test.pass('no counterexample')
})
