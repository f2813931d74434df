import t from 'tap'
import { makeFolder, runCommand } from '../helpers/command.js'
import { startDjangoSite } from '../helpers/django-site.js'

t.test("Django's RemoteUserMiddleware believes the header that it is told to, in both spellings", async (t) => {
  const site = await startDjangoSite(t)
  const cwd = makeFolder(
    t,
    `upstreams: { site: { url: "${site}" } }\nrules: [{ path: /app/**, allow: authenticated, to: site }]\n`
  )
  const { status, stdout } = await runCommand(t, ['probe', '--path', '/app/whoami', '--json'], { cwd })
  t.equal(status, 1)
  const [told] = JSON.parse(stdout).upstreams
  t.match(told, { believes: true, echoes: false })
  t.match(told.beliefs, [{ name: 'X-User-Name', effect: 'shown', before: 200, after: 200 }])
  t.match(told.readings, { 'other case': 'other', semicolon: 'other' })
})
