import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bearer } from '../helpers/gateway.js'
import { makePlace, post, signIn, startProcess } from '../helpers/gateway-process.js'
import { startUpstream } from '../helpers/upstream.js'

for (const [how, signal, status] of [
  ['Ctrl-C', 'SIGINT', 0],
  ['SIGTERM', 'SIGTERM', 0],
  ['kill -9', 'SIGKILL', null]
] as const) {
  t.test(`after ${how} tokens of before still work`, async (t) => {
    const upstream = await startUpstream(t)
    const place = await makePlace(
      t,
      `upstreams: { app: { url: "${upstream.url}" } }\nrules: [{ path: /**, allow: authenticated, to: app }]\n`
    )
    const before = await startProcess(t, place)
    const { access_token, refresh_token } = await signIn(place.url)
    t.equal((await before.stop(signal)).status, status)
    t.equal(existsSync(join(place.folder, 'data', 'portcullis.sock')), status === null, 'the socket goes at the end')

    const after = await startProcess(t, place, { env: { PORTCULLIS_ADMIN_PASSWORD: 'is not read any more' } })
    t.equal((await fetch(`${place.url}/x`, { headers: bearer(access_token) })).status, 200, 'the access token')
    t.equal((await post(`${place.url}/auth/refresh`, { refresh_token })).status, 200, 'the refresh token')
    await signIn(place.url)
    const other = await post(`${place.url}/auth/login`, { username: 'admin', password: 'is not read any more' })
    t.equal(other.status, 401, 'a password from the environment counts only while there is no user')
    t.equal((await after.stop()).status, 0)
  })
}
