import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makePlace, signIn, startProcess } from '../helpers/gateway-process.js'

const policy = 'upstreams: { app: { url: http://127.0.0.1:9 } }\nrules: [{ path: /**, allow: nobody }]\n'

t.test('PORTCULLIS_ADMIN_PASSWORD is the password of admin, and is written nowhere', async (t) => {
  const place = await makePlace(t, policy)
  const gateway = await startProcess(t, place, { env: { PORTCULLIS_ADMIN_PASSWORD: 'from the environment' } })
  await signIn(place.url, 'admin', 'from the environment')
  t.notOk(existsSync(join(place.folder, 'data', 'first-admin-password')))
  const { stdout, stderr } = await gateway.stop()
  t.notMatch(stdout + stderr, 'from the environment')
})

t.test('PORTCULLIS_ADMIN_PASSWORD_FILE, too, without the end of its line', async (t) => {
  const place = await makePlace(t, policy)
  const file = join(place.folder, 'secret')
  writeFileSync(file, 'from a file\n')
  const env = { PORTCULLIS_ADMIN_PASSWORD: '', PORTCULLIS_ADMIN_PASSWORD_FILE: file }
  const gateway = await startProcess(t, place, { env })
  await signIn(place.url, 'admin', 'from a file')
  await gateway.stop()
  rmSync(file)
  const again = await startProcess(t, place, { env })
  await signIn(place.url, 'admin', 'from a file')
  t.equal((await again.stop()).status, 0, 'the file is not needed once there are users')
})

t.test('the example adds demo beside a chosen admin, with a password of its own', async (t) => {
  const place = await makePlace(t, policy)
  const gateway = await startProcess(t, place, { args: ['--example-upstream'] })
  const file = join(place.folder, 'data', 'first-admin-password')
  const [, password = ''] = /^demo: (\S+)\n$/.exec(readFileSync(file, 'utf8')) ?? []
  t.not(password, '', 'and the file holds no password that the operator chose')
  await signIn(place.url, 'demo', password)
  await gateway.stop()
})
