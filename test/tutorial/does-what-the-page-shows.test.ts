import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { startBrowser } from '../helpers/browser.js'
import { type Followed, follow, isAsShown } from './session.js'

t.setTimeout(240_000)

interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

t.test('the page for those who come from the tutorials', async (t) => {
  const followed = await follow(t, 'from-the-tutorial.md')

  t.test('every command, run in its order, shows what the page says', async (t) => {
    t.ok(followed.steps.length > 12)
    for (const { commands, expected, shown } of followed.steps) {
      const [title = ''] = commands.split('\n')
      t.ok(isAsShown(shown, expected), title, { commands, expected, shown })
    }
  })

  t.test('no command takes a name that zsh keeps for itself, such as that of the search path', async (t) => {
    for (const { commands } of followed.steps)
      t.notMatch(commands, /(?:^|[\s;])(?:(?:argv|c?dpath|fpath|path|prompt|status)=|for (?:path|status|argv) )/)
  })

  t.test('its script signs in, calls and refreshes in a browser, and finds no token to read', (t) =>
    runScript(t, followed)
  )

  t.test('its alerts watch metrics and events that there are', (t) => readAlerts(t, followed))
})

async function runScript(t: Test, { url, fileOf }: Followed): Promise<void> {
  const page = await (await startBrowser(t)).newPage()
  // A refusal is a page of the gateway's origin too.
  await page.goto(`${url}/api/orders`)
  const ran = (await page.evaluate(`(async () => {
    ${fileOf('page.js')}
    const seen = { status: orders.status, upstream: await orders.json(), cookie: document.cookie }
    const tokens = JSON.stringify([localStorage, sessionStorage])
    return { ...seen, tokens }
  })()`)) as { status: number; upstream: { headers: Record<string, string> }; cookie: string; tokens: string }
  t.equal(ran.status, 200)
  t.equal(ran.upstream.headers['x-user-name'], 'grace')
  t.notOk(ran.upstream.headers.cookie, 'nor does the service see one')
  t.equal(ran.cookie, '')
  t.equal(ran.tokens, '[{},{}]')
  // As after 15 minutes.
  await page.context().clearCookies({ name: '__Host-portcullis-access' })
  const again = await page.evaluate(`(async () => {
    ${fileOf('page.js').replace(/^await fetch[\s\S]*?^\}\)\n/m, '')}
    return orders.status
  })()`)
  t.equal(again, 200, 'after a refresh')
}

async function readAlerts(t: Test, { adminUrl, fileOf }: Followed): Promise<void> {
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
  const { groups } = parse(fileOf('alerts.yaml')) as Alerts
  const rules = groups.flatMap((group) => group.rules)
  t.equal(rules.length, 3)
  for (const { alert, expr } of rules) {
    const [, metric = '', label = '', matched = ''] =
      /\b(portcullis_\w+)\{(\w+)=~?"([^"]+)"\}\[\d+m\]\)\) > \d/.exec(expr) ?? []
    t.ok(metrics.includes(`# TYPE ${metric} counter`), `${alert}: ${metric}`)
    // All of them have happened by now.
    for (const value of matched.split('|'))
      t.ok(metrics.includes(`${metric}{${label}="${value}"}`), `${alert}: ${value}`)
  }
}
