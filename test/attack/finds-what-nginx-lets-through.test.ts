import t from 'tap'
import { freePort } from '../helpers/command.js'
import { startNginx } from '../helpers/proxies.js'
import { attack, found, startEcho } from './firing.js'

const NAIVE = `server {
  listen 80;
  location /admin { return 403; }
  location / { proxy_pass http://127.0.0.1:9001; }
}`

t.test('a `location` that was meant to close an area does not close its other spellings', async (t) => {
  const upstream = await startEcho(t)
  const port = await startNginx(t, NAIVE, { gateway: await freePort(), app: upstream.port })
  const { status, told } = await attack(t, [
    `http://127.0.0.1:${port}`,
    ...['--path', '/admin/users', '--open', '/public/x', '--only', 'paths,identity,rerouting']
  ])
  t.equal(status, 1)
  const ids = new Set(found(told).map(({ id }) => id))
  t.ok(ids.has('paths/case-upper'), 'letter case is not the same to it')
  t.ok(ids.has('identity/x-user-id'), 'who a client says it is goes on')
  t.ok(ids.has('rerouting/x-original-url'), 'and so does what re-routes')
  t.notOk(ids.has('paths/out-of-the-open-encoded'), 'while it resolves dots before it looks')
})
