import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startBrowser } from '../helpers/browser.js'
import { PASSWORD, startGateway, type TestGateway } from '../helpers/gateway.js'
import { CLONE } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

const SPA = join(CLONE, 'docs', 'examples', 'spa')
/** For what waits until an access token has expired; a busy machine takes its time with anything else. */
const SHORT_SECONDS = 3
const LONG_SECONDS = 600
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

/** What a small site behind the gateway does: three files, and an API that tells what it was told. */
function serveSite({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(url, 'http://site')
  if (pathname.startsWith('/api/')) {
    const answer = { method, user: headers['x-user-name'] ?? null, cookies: headers.cookie ?? null }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    return
  }
  const file = pathname.startsWith('/assets/') ? pathname.slice('/assets/'.length) : 'index.html'
  response.setHeader('content-type', `${TYPES[file.split('.').at(-1) ?? '']}; charset=utf-8`)
  response.end(readFileSync(join(SPA, file)))
}

const policy = (upstream: string, accessSeconds: number, cookies: string, origin: string) => `
tokens: { access: ${accessSeconds}s, cookies: { enabled: true, login_url: /login${cookies} } }
cors: { origins: ["${origin}"], credentials: true }
upstreams: { site: { url: "${upstream}" } }
rules:
  - { path: /login, methods: [GET], allow: anyone, to: site }
  - { path: /assets/**, methods: [GET], allow: anyone, to: site }
  - { path: /**, allow: authenticated, to: site }
`

interface Site {
  readonly gateway: TestGateway
  /** The gateway as its users call it. */
  readonly home: string
  /** A page of another port of the same host, which `cors` lists. */
  readonly friend: string
  /** A page of another site, which has nothing to say here. */
  readonly stranger: string
  /** Requests that came to the upstream's API, with who they were said to be of. */
  readonly api: () => { readonly method: string; readonly user: unknown }[]
}

async function startSite(t: Test, accessSeconds = LONG_SECONDS, cookies = ''): Promise<Site> {
  const site = await startUpstream(t, serveSite)
  const elsewhere = await startUpstream(t, (_, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>elsewhere</title>')
  )
  const friend = `http://localhost:${elsewhere.port}`
  const gateway = await startGateway(t, policy(site.url, accessSeconds, cookies, friend), [{ username: 'ada' }])
  return {
    gateway,
    home: `http://localhost:${gateway.port}`,
    friend,
    stranger: elsewhere.url,
    api: () =>
      site.received
        .filter(({ url }) => url.startsWith('/api/'))
        .map(({ method, headers }) => ({ method, user: headers['x-user-name'] ?? null }))
  }
}

async function signIn(page: Page, home: string, path = '/'): Promise<void> {
  await page.goto(`${home}${path}`)
  await page.fill('[name=username]', 'ada')
  await page.fill('[name=password]', PASSWORD)
  await page.click('#sign-in button')
  await page.waitForSelector('#app:not([hidden])')
}

async function loadOrders(page: Page): Promise<unknown> {
  await page.evaluate(`document.querySelector('output').textContent = ''`)
  await page.click('#load')
  await page.waitForSelector('output:not(:empty)')
  return JSON.parse((await page.textContent('output')) ?? '')
}

/** Everything a script of the page can get hold of. */
const readable = (page: Page) =>
  page.evaluate(`JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])`)

/** Lets the test read every answer that a script of the page could, before the script does. */
const LISTEN = `{
  const { fetch } = window
  window.fetch = async (...call) => {
    const response = await fetch(...call)
    await noteBody(await response.clone().text())
    return response
  }
}`

const REFRESH = `fetch('/auth/refresh', { method: 'POST' }).then(({ status }) => status)`

const expire = () => sleep(SHORT_SECONDS * 1000 + 300)

const refreshes = ({ audit }: TestGateway) => audit.filter(({ event }) => event === 'refresh').length

t.test('a page works without ever holding a token', async (t) => {
  const { gateway, home } = await startSite(t, SHORT_SECONDS)
  const browser: BrowserContext = await startBrowser(t)
  const page = await browser.newPage()
  const bodies: string[] = []
  const complaints: string[] = []
  await browser.exposeFunction('noteBody', (body: string) => {
    bodies.push(body)
  })
  await browser.addInitScript(LISTEN)
  page.on('console', (message) => complaints.push(message.text()))

  await t.test('somebody without a session signs in, and comes to where they wanted to go', async (t) => {
    await page.goto(`${home}/?month=1`)
    t.equal(page.url(), `${home}/login?return_to=%2F%3Fmonth%3D1`)
    await page.waitForSelector('#sign-in:not([hidden])')
    await page.fill('[name=username]', 'ada')
    await page.fill('[name=password]', 'wrong')
    await page.click('#sign-in button')
    await page.waitForSelector('text=The username or the password is wrong.')
    await page.fill('[name=password]', PASSWORD)
    await page.click('#sign-in button')
    await page.waitForSelector('#app:not([hidden])')
    t.equal(page.url(), `${home}/?month=1`)
    t.equal(await page.textContent('#who'), 'ada')
    t.same(await loadOrders(page), { method: 'GET', user: 'ada', cookies: null }, 'the upstream sees no cookie of ours')
  })

  await t.test('the browser keeps two cookies from scripts', async (t) => {
    await page.evaluate(REFRESH)
    const cookies = await browser.cookies(home)
    t.same(cookies.map(({ name }) => name).sort(), ['__Host-portcullis-access', '__Host-portcullis-refresh'])
    for (const cookie of cookies) t.match(cookie, { httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
    t.equal(await readable(page), JSON.stringify(['', {}, {}]))
  })

  await t.test('an access token that has expired is refreshed in silence', async (t) => {
    const before = refreshes(gateway)
    await expire()
    t.match(await loadOrders(page), { user: 'ada' })
    t.equal(refreshes(gateway), before + 1)
    await expire()
    await page.reload()
    await page.waitForSelector('#app:not([hidden])')
    t.equal(page.url(), `${home}/?month=1`, 'a page that is opened later comes back by way of the login page')
  })

  await t.test('two tabs that refresh at once stay signed in', async (t) => {
    const tab = await browser.newPage()
    await tab.goto(home)
    await tab.waitForSelector('#app:not([hidden])')
    for (let round = 0; round < 3; round += 1) {
      await expire()
      for (const answer of await Promise.all([loadOrders(page), loadOrders(tab)])) t.match(answer, { user: 'ada' })
    }
    t.same(await Promise.all([page, tab, page, tab].map((one) => one.evaluate(REFRESH))), [200, 200, 200, 200])
    t.same(
      gateway.audit.filter(({ event }) => event === 'refresh_reuse'),
      []
    )
    await tab.close()
  })

  await t.test('after signing out nothing is left', async (t) => {
    await page.click('#sign-out')
    await page.waitForSelector('#sign-in:not([hidden])')
    t.same(await browser.cookies(home), [])
    await page.goto(home)
    t.equal(page.url(), `${home}/login?return_to=%2F`)
  })

  const said = bodies.join()
  t.match(said, /expires_in/)
  t.notMatch(said, /eyJ|prt_|"(?:access|refresh)_token"/, 'no answer held a token')
  t.same(
    complaints.filter((text) => /Content Security Policy/i.test(text)),
    []
  )
})

/** Tries, from a page of another site, what pages can try; says what it could read. */
async function attack(page: Page, stranger: string, home: string): Promise<string[]> {
  await page.goto(stranger)
  const tried = await page.evaluate(
    `Promise.all([
      ['/api/orders', { credentials: 'include' }],
      ['/api/orders', { credentials: 'include', method: 'POST', body: 'x=1' }],
      ['/api/orders', { credentials: 'include', method: 'POST', mode: 'no-cors', body: 'x=1' }],
      ['/auth/logout', { credentials: 'include', method: 'POST', mode: 'no-cors' }],
      ['/auth/refresh', { credentials: 'include', method: 'POST' }]
    ].map(([path, options]) => fetch('${home}' + path, options).then(
      async (response) => response.type + ' ' + (await response.text()), () => 'failed')))`
  )
  for (const path of ['/api/orders', '/auth/logout', '/auth/login']) {
    await page.goto(stranger)
    await page.evaluate(`{
      const form = document.createElement('form')
      form.method = 'POST'
      form.action = '${home}${path}'
      for (const [name, value] of [['username', 'ada'], ['password', '${PASSWORD}'], ['cookies', 'true']]) {
        const input = document.createElement('input')
        Object.assign(input, { name, value })
        form.append(input)
      }
      document.body.append(form)
      form.submit()
    }`)
    await page.waitForURL(`${home}${path}`)
  }
  return tried as string[]
}

for (const [name, cookies, credential] of [
  ['as cookies are by default', '', 'none'],
  ['even when cookies are sent along', ', same_site: none', 'csrf_failed']
] as const) {
  t.test(`a page of another site can do nothing, ${name}`, async (t) => {
    const { gateway, home, stranger, api } = await startSite(t, LONG_SECONDS, cookies)
    const browser = await startBrowser(t)
    const page = await browser.newPage()
    await signIn(page, home)
    const before = api().length
    t.same(await attack(page, stranger, home), ['failed', 'failed', 'opaque ', 'opaque ', 'failed'])
    t.same(
      api()
        .slice(before)
        .filter(({ method }) => method !== 'GET'),
      [],
      'nothing but what may be read came to the upstream'
    )
    const forms = gateway.access.filter(({ method, path }) => method === 'POST' && path === '/api/orders')
    t.ok(forms.length >= 3)
    t.equal(forms.at(-1)?.credential, credential)
    await page.goto(home)
    await page.waitForSelector('#app:not([hidden])')
    t.match(await loadOrders(page), { user: 'ada' }, 'and the session goes on')
  })
}

t.test('a listed page of the same site may do what the own pages do', async (t) => {
  const { home, friend } = await startSite(t)
  const browser = await startBrowser(t)
  const page = await browser.newPage()
  await page.goto(friend)
  const answers = await page.evaluate(
    `(async () => {
      const json = { 'content-type': 'application/json' }
      const ask = (path, method, body) =>
        fetch('${home}' + path, { method, credentials: 'include', headers: json, body: JSON.stringify(body) })
      const login = await ask('/auth/login', 'POST', { username: 'ada', password: '${PASSWORD}', cookies: true })
      const put = await ask('/api/orders', 'PUT', {})
      const refused = await fetch('${home}/api/orders')
      return [Object.keys(await login.json()), await put.json(), refused.status, refused.headers.get('www-authenticate')]
    })()`
  )
  t.same(answers, [
    ['expires_in', 'refresh_expires_in'],
    { method: 'PUT', user: 'ada', cookies: null },
    401,
    'Bearer realm="portcullis"'
  ])
})
