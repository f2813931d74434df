import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createMetrics, exposeSigningKey } from '../../gateway/admin/index.js'
import { problems } from '../../gateway/problems.js'

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
  const { registry } = createMetrics()
  exposeSigningKey(registry, () => null)
  const own = registry.getMetricsAsArray().map(({ name }) => name)
  t.strictSame(documented.sort(), own.filter((name) => name.startsWith('portcullis_')).sort())
})

t.test('the threat model names tests that are there', async (t) => {
  const named = [...read('docs/threat-model.md').matchAll(/`([a-z-]+(?:\/[a-z0-9-]+)?)`/g)].map(
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
  for (const page of [
    'README.md',
    'docs/architecture.md',
    'docs/browser-apps.md',
    'docs/codes.md',
    'docs/metrics.md',
    'docs/testing-policies.md',
    'docs/threat-model.md'
  ]) {
    const folder = page.includes('/') ? 'docs' : '.'
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      t.ok(existsSync(join(root, folder, target)), `${page} links to ${target}`)
    }
  }
})
