import { readFileSync } from 'node:fs'
import t from 'tap'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { CLONE } from '../helpers/gateway-process.js'
import { type Position, startLanguageServer } from '../helpers/language-server.js'

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const schema = JSON.parse(readFileSync(`${CLONE}config/gateway.schema.json`, 'utf8')) as Schema
const modeline = '# yaml-language-server: $schema=./config/gateway.schema.json\n'

/** `[]` is an entry of a list, `<name>` an entry of a map whose names the file gives. */
type Way = readonly string[]

/** Every map of the schema that has keys of its own, and the way to it. */
function* mapsOf(of: Schema, way: Way = []): Generator<{ way: Way; keys: Readonly<Record<string, Schema>> }> {
  if (of.properties !== undefined) yield { way, keys: of.properties }
  for (const [key, inner] of Object.entries(of.properties ?? {})) yield* mapsOf(inner, [...way, key])
  if (typeof of.additionalProperties === 'object') yield* mapsOf(of.additionalProperties, [...way, '<name>'])
  if (of.items !== undefined) yield* mapsOf(of.items, [...way, '[]'])
  for (const form of of.anyOf ?? []) yield* mapsOf(form, way)
}

/** A document that ends where somebody is about to write a key of that map. */
function documentAt(way: Way): { text: string; end: Position } {
  let text = modeline
  let indent = ''
  for (const step of way) {
    text += step === '[]' ? '- ' : `${step === '<name>' ? 'some' : step}:\n${indent}  `
    indent += '  '
  }
  const lines = text.split('\n')
  return { text, end: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 } }
}

t.test('wherever a key can stand, an editor proposes all of them and says what each is for', async (t) => {
  const server = startLanguageServer(t)
  const maps = [...mapsOf(schema)]
  t.ok(maps.length > 25, 'the whole schema is walked')
  for (const { way, keys } of maps) {
    const { text, end } = documentAt(way)
    const { complete } = await server.open(`test/${way.join('.') || 'top'}.yaml`.replace('test/', ''), text)
    const proposals = await complete(end)
    for (const [key, { description = '' }] of Object.entries(keys)) {
      const name = [...way, key].join('.')
      t.match(proposals.get(key), /\w{2,}/, `${name} is proposed with its meaning`)
      t.match(description, /^[A-Z`"].*\.$/s, `${name} is described in a sentence`)
    }
  }
})

/** Where each key of a document stands, and the way to it. */
function* keysOf(
  node: Node | null,
  lines: LineCounter,
  way: Way = []
): Generator<{ name: string; at: Position; of: Way }> {
  if (isSeq(node)) for (const item of node.items) yield* keysOf(item as Node, lines, [...way, '[]'])
  if (!isMap(node)) return
  for (const { key, value } of node.items) {
    if (!isScalar(key) || !key.range) continue
    const { line, col } = lines.linePos(key.range[0])
    const name = String(key.value)
    yield { name, at: { line: line - 1, character: col }, of: way }
    yield* keysOf(value as Node | null, lines, [...way, name])
  }
}

t.test('gateway.yaml is without fault, and every key of it is explained where the pointer rests', async (t) => {
  const text = readFileSync(`${CLONE}gateway.yaml`, 'utf8')
  const { diagnostics, hover } = await startLanguageServer(t).open('gateway.yaml', text)
  t.strictSame(diagnostics, [])
  const lines = new LineCounter()
  const known = new Set([...mapsOf(schema)].flatMap(({ keys }) => Object.keys(keys)))
  let explained = 0
  for (const { name, at, of } of keysOf(parseDocument(text, { lineCounter: lines }).contents, lines)) {
    if (!known.has(name)) continue
    t.match(await hover(at), /\n\n[A-Z`\\].*\.\n/, `${[...of, name].join('.')}`)
    explained++
  }
  t.ok(explained > 20)
})

t.test('an editor marks what the gateway would refuse, where it stands', async (t) => {
  const broken = `${modeline}lisen: 127.0.0.1:8080
upstreams:
  app: { url: "http://127.0.0.1:1", strip_prefix: api }
limits:
  slow: { by: nobody, requests: 0, window: 10 }
rules:
  - path: /a
    alow: anyone
    to: app
  - { path: /b, allow: { roles: [] }, to: app }
  - { path: /c, allow: "\${WHO}", to: app }
`
  const { diagnostics } = await startLanguageServer(t).open('broken.yaml', broken)
  const marked = new Set(diagnostics.map(({ range }) => range.start.line + 1))
  t.strictSame(
    [...marked].sort((one, other) => one - other),
    [2, 4, 6, 8, 9, 11]
  )
  t.ok(diagnostics.some(({ message }) => message === 'Property lisen is not allowed.'))
  t.ok(diagnostics.some(({ message }) => message === 'Missing property "allow".'))
})
