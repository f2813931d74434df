import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { showHtml } from '../../gateway/cli/access/show-html.js'
import type { AccessRow, Asker } from '../../gateway/policy/index.js'
import { startBrowser } from '../helpers/browser.js'
import { runCommand } from '../helpers/command.js'
import { makePlace } from '../helpers/gateway-process.js'
import { canonical, makeRules, oneOf } from '../policy/make-rules.js'

const hostile =
  '</style></title><script>document.title="x"</script><img src="https://evil.example/x" onerror="document.title=1">&amp;'

const policy = (roles: readonly string[]) => `upstreams: { app: { url: "http://127.0.0.1:9" } }
rules:
  - { path: "/a/'&", host: a.example, methods: [GET], allow: { claims: { department: ${JSON.stringify(hostile)} } }, to: app }
  - { path: "/a/{id}", allow: [{ roles: ${JSON.stringify(roles)}, scopes: [w] }, { claims: { sub: "{id}" } }], to: app }
  - { path: /a/**, allow: nobody }
  - { path: /a/b/c, allow: anyone, to: app }
  - { path: /open, allow: anyone, to: app }
${Array.from({ length: 60 }, (_, at) => `  - { path: /more/${at}, allow: authenticated, to: app }\n`).join('')}`

/** The page of these roles, as the command writes it. */
async function write(t: Test, roles: readonly string[]): Promise<string> {
  const { folder } = await makePlace(t, '')
  writeFileSync(join(folder, 'gateway.yaml'), policy(roles))
  const done = await runCommand(t, ['access', '--format', 'html', '-o', 'page.html'], { cwd: folder })
  t.strictSame(done, { status: 0, stdout: '', stderr: '' })
  return join(folder, 'page.html')
}

/** The page opened: what it asked for beside itself and what it complained of. */
async function open(t: Test, file: string) {
  const page = await (await startBrowser(t)).newPage()
  const url = pathToFileURL(file).href
  const asked: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    if (request.url() !== url) asked.push(request.url())
  })
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return { page, asked, complaints }
}

const many = Array.from({ length: 12 }, (_, at) => `role-${at}`)

t.test('whatever names the file holds, the page runs nothing, asks for nothing and shows them', async (t) => {
  for (const roles of [['b'], many]) {
    const { page, asked, complaints } = await open(t, await write(t, roles))
    t.strictSame({ asked, complaints }, { asked: [], complaints: [] })
    t.equal(await page.title(), 'Who may reach what: gateway.yaml')
    t.equal(await page.locator('script, img, link, iframe').count(), 0)
    t.match(await page.locator('body').innerText(), `if department = "</style>`)
  }
})

t.test('names that no settings file may have do no harm either', async (t) => {
  const { folder } = await makePlace(t, '')
  const allow = oneOf({ roles: [hostile], networks: [hostile] }, { issuers: [hostile] })
  const rules = makeRules([{ path: '/a', hosts: [hostile], methods: [hostile], allow }])
  const roles = [hostile, ...many].map((role): Asker => ({ kind: 'role', role }))
  for (const count of [1, roles.length]) {
    const askers: Asker[] = [{ kind: 'anyone' }, { kind: 'signed_in' }, ...roles.slice(0, count)]
    const [rule] = rules
    if (rule === undefined) throw new Error('there is a rule')
    const cells = askers.map(() => ({ access: 'conditional' as const, having: [hostile] }))
    const witness = { method: 'GET', host: 'a', path: canonical('/a') }
    const rows: AccessRow[] = [{ life: { rule: { ...rule, upstream: hostile }, life: 'alive', witness }, cells }]
    const area = { rule, from: [hostile], except: [], isCertain: false }
    const file = join(folder, `page${count}.html`)
    writeFileSync(file, showHtml({ file: hostile, revision: hostile, askers, rows, open: [area] }))
    const { page, asked, complaints } = await open(t, file)
    t.strictSame({ asked, complaints }, { asked: [], complaints: [] })
    t.equal(await page.title(), `Who may reach what: ${hostile}`)
    t.equal(await page.locator('script, img, link, iframe').count(), 0)
    t.ok((await page.locator('thead th').allInnerTexts()).includes(hostile))
  }
})

t.test('a connection would be stopped by the page itself', async (t) => {
  const { page, complaints } = await open(t, await write(t, ['a']))
  await page.evaluate(() => {
    const image = (
      globalThis as unknown as { document: { createElement: (name: string) => { src: string } } }
    ).document.createElement('img')
    image.src = 'http://127.0.0.1:9/x.png'
  })
  await page.waitForTimeout(200)
  t.match(complaints.join(), /Content Security Policy/)
})

t.test('the heads stay in sight, on paper they do not, and the page is dark for who likes it', async (t) => {
  const { page } = await open(t, await write(t, many))
  const topOf = async () => (await page.locator('thead th').first().boundingBox())?.y
  await page.mouse.wheel(0, 1500)
  await page.waitForFunction('scrollY > 1000')
  t.equal(await topOf(), 0)
  const colorOf = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
  t.equal(await colorOf(), 'rgb(255, 255, 255)')
  await page.emulateMedia({ colorScheme: 'dark' })
  t.equal(await colorOf(), 'rgb(20, 23, 27)')
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  t.equal(await colorOf(), 'rgb(255, 255, 255)')
  t.ok(((await topOf()) ?? 0) < 0)
})

t.test('what never matches is marked with what hides it, and conditions are told', async (t) => {
  const { page } = await open(t, await write(t, ['admin']))
  const rowOf = (at: number) => page.locator('tbody tr').nth(at).innerText()
  t.match(await rowOf(1), /if sub = \{id\}\s+if scope w; or sub = \{id\}/)
  t.match(await rowOf(0), /GET\s*\/a\/'&\s+only on a\.example/)
  t.match(await rowOf(3), /never matches: hidden by the rule at line 5/)
  t.strictSame(await page.locator('ul.open li').allInnerTexts(), ['/open'])
})
