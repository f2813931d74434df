import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { createMetrics, exposeSigningKey, exposeUpstreams } from '../../gateway/admin/index.js'
import { problems } from '../../gateway/problems.js'
import { AUTH_EVENTS } from '../../gateway/tokens/index.js'

const root = join(import.meta.dirname, '..', '..', '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

t.test('every problem code is documented with its status, and no other', async (t) => {
  const documented = [...read('docs/codes.md').matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)]
  const listed = documented.map(([, status, code]) => `${status} ${code}`).sort()
  t.strictSame(
    listed,
    Object.entries(problems)
      .map(([code, { status }]) => `${status} ${code}`)
      .sort()
  )
})

t.test('every metric is documented, and no other', async (t) => {
  const documented = [...read('docs/metrics.md').matchAll(/^\| `(portcullis_\w+)` \|/gm)].map(([, name]) => name)
  const { registry } = createMetrics(AUTH_EVENTS)
  exposeSigningKey(registry, 'tokens', () => null)
  exposeSigningKey(registry, 'assertions', () => null)
  exposeUpstreams(registry, () => [])
  const own = registry.getMetricsAsArray().map(({ name }) => name)
  t.strictSame(documented.sort(), own.filter((name) => name.startsWith('portcullis_')).sort())
})

t.test('every event that is counted is documented, among the metrics and in the audit stream', async (t) => {
  const [metrics = '', stream = ''] = read('docs/metrics.md').split('## Audit stream')
  const row = metrics.split('\n').find((line) => line.startsWith('| `portcullis_auth_events_total`')) ?? ''
  const named = [...(row.split('|')[4] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)
  t.strictSame(named, [...AUTH_EVENTS])
  for (const event of AUTH_EVENTS) t.ok(stream.includes(`\`${event}\``), event)
})

t.test('the threat model names tests that are there', async (t) => {
  const named = [...read('docs/threat-model.md').matchAll(/`([a-z-]+(?:\/[a-z0-9-]+){0,2})`/g)].map(
    ([, name]) => name ?? ''
  )
  const tests = named.filter((name) => name.includes('/') || name === 'store-crash')
  t.ok(tests.length > 20)
  for (const name of tests) {
    const there = ['.test.ts', '.suite.ts'].some((ending) => existsSync(join(root, 'test', `${name}${ending}`)))
    t.ok(there, `test/${name} is there`)
  }
})

t.test('links between pages lead somewhere', async (t) => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.md')
  )
  for (const page of ['README.md', ...pages.map((file) => `docs/${file}`)]) {
    const folder = dirname(page)
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      t.ok(existsSync(join(root, folder, target)), `${page} links to ${target}`)
    }
  }
})
