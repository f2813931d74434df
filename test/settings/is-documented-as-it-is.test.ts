import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { formatMistake, parseSettings } from '../../gateway/settings/index.js'
import { language } from './reading.js'

const root = new URL('../../../', import.meta.url)

t.test('the JSON Schema and the reference page are current', (t) => {
  const script = fileURLToPath(new URL('scripts/write-schema.mjs', root))
  t.doesNotThrow(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' }))
  t.end()
})

t.test('every example file is a good one, and its first line names the schema', (t) => {
  const examples = readdirSync(new URL('config/', root)).filter((name) => name.endsWith('.yaml'))
  t.ok(examples.length > 0)
  for (const name of ['gateway.yaml', ...examples.map((example) => `config/${example}`)]) {
    const file = new URL(name, root)
    const source = readFileSync(file, 'utf8')
    const result = parseSettings(fileURLToPath(file), source, {}, language)
    t.same('mistakes' in result ? result.mistakes.map(formatMistake) : [], [], name)
    t.same(result.warnings.map(formatMistake), [], name)
    const [, schema] = /^# yaml-language-server: \$schema=(.*)\n/.exec(source) ?? []
    t.ok(schema !== undefined && readFileSync(new URL(schema, file), 'utf8').length > 0, name)
  }
  t.end()
})

t.test('the JSON Schema knows the keys, the defaults and the required ones', (t) => {
  const schema = JSON.parse(readFileSync(new URL('config/gateway.schema.json', root), 'utf8'))
  t.same(schema.required, ['upstreams', 'rules'])
  t.equal(schema.additionalProperties, false)
  t.equal(schema.properties.tokens.properties.access.default, '15m')
  t.same(schema.properties.rules.items.required, ['path', 'allow'])
  t.same(schema.properties.limits.additionalProperties.properties.by.anyOf, [
    { type: 'string', enum: ['user', 'ip'] },
    { type: 'string', pattern: '\\$\\{' }
  ])
  t.end()
})
