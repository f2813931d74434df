import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { bearer, PASSWORD, post } from '../helpers/gateway.js'
import { CLONE } from '../helpers/gateway-process.js'
import { tryAssertions, tryFields, tryTokens } from './attacks.js'
import { type Recipe, startRecipe } from './recipe.js'

t.setTimeout(180_000)

const SECRET = 'a key that Django and the gateway share'
const PACKAGES = 'gunicorn python3-djangorestframework-simplejwt'

/** The site of the page, on top of what there was before, by one of its files of settings. Its user `ada` is number 1. */
const startSite = (t: Test, settings: string, adapt: (yaml: string) => string) =>
  startRecipe(t, 'django-rest-framework.md', {
    verifier: 'verify.py',
    adapt,
    async prepare(folder) {
      for (const file of ['base.py', 'wsgi.py']) {
        copyFileSync(join(CLONE, 'test', 'upstreams', 'django-base', file), join(folder, file))
      }
      const env = {
        SITE_DATABASE: join(folder, 'site.db'),
        DJANGO_SETTINGS_MODULE: settings,
        SIGNING_KEY: SECRET,
        PYTHONPATH: folder
      }
      const prepare = join(CLONE, 'test', 'compat', 'django-site', 'prepare.py')
      const options = { cwd: folder, env, command: ['/usr/bin/python3'] }
      const { status, stdout, stderr } = await runCommand(t, [prepare, PASSWORD, 'ada'], options)
      if (status !== 0) throw new Error(`Django does not run (apt-get install ${PACKAGES}): ${stderr}`)
      t.equal(stdout, '{"ada": 1}\n')
      return env
    }
  })

async function obtain({ gateway }: Recipe) {
  const answer = await post(`${gateway.url}/api/token/`, { username: 'ada', password: PASSWORD })
  return (await answer.json()) as { access: string; refresh: string }
}

t.test('a site of REST framework, as its page has it', async (t) => {
  const recipe = await startSite(t, 'settings', (yaml) => yaml)
  const { gateway, url } = recipe
  const { access: token, refresh } = await obtain(recipe)
  const native = (await gateway.login('ada')).access_token
  for (const path of ['/token', '/stateless']) {
    t.test(`by the client's token: ${path}`, async (t) => {
      await tryTokens(t, recipe, { path, token, others: { 'a refresh token': refresh, 'of another kind': native } })
      t.match(await (await fetch(`${gateway.url}${path}`, { headers: bearer(token) })).json(), { id: 1 })
    })
  }
  t.test('by the fields of the gateway', async (t) => {
    const forged = { 'remote-user': 'mallory' }
    for (const shown of [token, native]) {
      await tryFields(t, recipe, { path: '/fields', token: shown, seen: { id: 1, name: 'ada' }, forged })
    }
    const page = (at: string, headers: Record<string, string>) => fetch(`${at}/page`, { headers, redirect: 'manual' })
    const shown = await page(gateway.url, { ...bearer(token), ...forged })
    t.match(await shown.json(), { id: 1, name: 'ada' })
    const cookie = shown.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
    t.match(cookie, /sessionid=/)
    t.equal((await page(url, { cookie })).status, 302, "Django's session alone shows nobody")
  })
  t.test('by the assertion', (t) => tryAssertions(t, recipe, native))
})

t.test('the same with a key that both share', async (t) => {
  const recipe = await startSite(t, 'shared_key', (yaml) =>
    yaml.replace('simplejwt: { ', `simplejwt: { signing_key: { secret: "${SECRET}" }, `)
  )
  const { access, refresh } = await obtain(recipe)
  const statusOf = async (token: string) => (await fetch(`${recipe.url}/token`, { headers: bearer(token) })).status
  t.equal(await statusOf(access), 200)
  t.equal(await statusOf(refresh), 401)
  t.equal(await statusOf((await recipe.gateway.login('ada')).access_token), 401)
})
