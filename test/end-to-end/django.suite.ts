import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { startDjangoSite } from '../helpers/django-site.js'
import { bearer } from '../helpers/gateway.js'
import { makePlace, signIn, startProcess } from '../helpers/gateway-process.js'

const policy = (site: string) => `limits: { per_user: { by: user, requests: 100, window: 10m } }
default_limits: [per_user]
upstreams: { site: { url: "${site}" } }
rules:
  - { path: /app/admin/**, allow: { roles: [admin] }, to: site }
  - { path: /app/**, allow: authenticated, to: site }
`

interface Whoami {
  readonly user: string
  readonly authenticated: boolean
  readonly host: string
  /** Names of the request's fields as WSGI spells them. */
  readonly headers: readonly string[]
}

t.test('a Django site that knows nothing of the gateway is protected by it', async (t) => {
  const site = await startDjangoSite(t)
  const place = await makePlace(t, policy(site))
  await startProcess(t, place)
  for (const name of ['ada', 'grace', 'linus']) {
    const roles = name === 'ada' ? 'admin' : 'user'
    const added = await runCommand(t, ['user', 'add', name, '-r', roles], {
      cwd: place.folder,
      input: `password of ${name}\n`
    })
    t.equal(added.status, 0)
  }
  const tokenOf = async (name: string) => (await signIn(place.url, name, `password of ${name}`)).access_token
  const [ada, grace, linus] = [await tokenOf('ada'), await tokenOf('grace'), await tokenOf('linus')]
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${place.url}${path}`, { headers })
  const whoami = async (headers: Record<string, string>) => (await (await get('/app/whoami', headers)).json()) as Whoami

  t.test('the site alone believes whoever speaks to it', async (t) => {
    const response = await fetch(`${site}/app/whoami`, { headers: { 'x-user-name': 'ada' } })
    t.match(await response.json(), { user: 'ada', authenticated: true })
  })

  t.test('a stranger does not come in', async (t) => {
    const response = await get('/app/whoami')
    t.equal(response.status, 401)
    t.match(await response.json(), { code: 'missing_token' })
    t.equal((await get('/app/whoami', bearer('made.up.token'))).status, 401)
  })

  t.test('who signs in is who the site sees', async (t) => {
    const seen = await whoami(bearer(grace))
    t.match(seen, { user: 'grace', authenticated: true, host: `127.0.0.1:${place.port}` })
    t.notOk(seen.headers.includes('HTTP_AUTHORIZATION'), 'the token stays at the gateway')
  })

  t.test('nobody becomes another by a header, however it is spelled', async (t) => {
    for (const name of ['X-User-Name', 'x-user-name', 'X_User_Name', 'X-User_Name', 'X-USER-NAME']) {
      t.match(await whoami({ ...bearer(grace), [name]: 'ada' }), { user: 'grace' }, name)
      t.equal((await get('/app/whoami', { [name]: 'ada' })).status, 401, name)
    }
    t.match(await whoami({ ...bearer(grace), 'X-User-Name': 'ada', X_User_Name: 'ada', Connection: 'x-user-name' }), {
      user: 'grace'
    })
  })

  t.test("the admin's page is for the admin", async (t) => {
    const refused = await get('/app/admin/page', bearer(grace))
    t.equal(refused.status, 403)
    t.match(await refused.json(), { code: 'access_denied' })
    const shown = await get('/app/admin/page', bearer(ada))
    t.equal(await shown.text(), "the admin's page")
  })

  t.test('a form is posted past the protection against forgery of the site itself', async (t) => {
    const jar = join(place.folder, 'jar')
    const curl = (...args: string[]) =>
      runCommand(t, ['-s', '-b', jar, '-c', jar, '-H', `Authorization: Bearer ${grace}`, ...args], {
        cwd: place.folder,
        command: ['curl']
      })
    const form = await curl(`${place.url}/app/note`)
    const token = /value="([^"]+)"/.exec(form.stdout)?.[1] ?? ''
    const posted = await curl(
      ...['-H', `Origin: ${place.url}`, '-H', `Referer: ${place.url}/app/note`],
      ...['-d', `csrfmiddlewaretoken=${token}`, '--data-urlencode', 'note=häßlich & schön', `${place.url}/app/note`]
    )
    t.match(JSON.parse(posted.stdout), { user: 'grace', note: 'häßlich & schön' })
    const forged = await curl('-o', 'out', '-w', '%{http_code}', '-d', 'note=x', `${place.url}/app/note`)
    t.equal(forged.stdout, '403', 'which still works')
  })

  t.test('a file of five megabytes arrives whole', async (t) => {
    const content = randomBytes(5 * 1024 * 1024)
    const file = join(place.folder, 'file')
    writeFileSync(file, content)
    const args = ['-s', '-H', `Authorization: Bearer ${grace}`, '-F', `file=@${file}`, `${place.url}/app/upload`]
    const { stdout } = await runCommand(t, args, { cwd: place.folder, command: ['curl'] })
    const sha256 = createHash('sha256').update(content).digest('hex')
    t.strictSame(JSON.parse(stdout), { user: 'grace', bytes: content.length, sha256 })
  })

  t.test('the hundred and first request is one too many, for its user alone', async (t) => {
    const statuses: number[] = []
    for (let turn = 0; turn < 101; turn += 1) statuses.push((await get('/app/whoami', bearer(linus))).status)
    t.equal(statuses.indexOf(429), 100)
    t.strictSame([...new Set(statuses)], [200, 429])
    const limited = await get('/app/whoami', bearer(linus))
    t.match(await limited.json(), { code: 'rate_limited' })
    t.ok(Number(limited.headers.get('retry-after')) > 500)
    t.match(await whoami(bearer(grace)), { user: 'grace' })
  })
})
