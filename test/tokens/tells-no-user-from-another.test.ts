import t from 'tap'
import { PASSWORD, post, startGateway } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

/** Everything of a refusal that a client sees, less what must differ. */
async function seen(response: Response) {
  const { request_id, ...body } = (await response.json()) as Record<string, unknown>
  const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'))
  return { status: response.status, headers, body, id: typeof request_id }
}

t.test('an unknown name, a wrong password and a disabled user are refused alike', async (t) => {
  const hashed: string[] = []
  const { url, gateway } = await startGateway(t, site(NOWHERE), [{ username: 'alice' }, { username: 'gone' }], {
    adapt: (resources) => ({
      ...resources,
      users: {
        ...resources.users,
        authenticate(username, password) {
          hashed.push(String(username))
          return resources.users.authenticate(username, password)
        }
      }
    })
  })
  await gateway.operatorUsers.setDisabled('gone', true)
  const attempt = (username: string, password: string) => post(`${url}/auth/login`, { username, password }).then(seen)
  const wrong = await attempt('alice', 'not the password')
  t.match(wrong, { status: 401, body: { code: 'invalid_credentials' }, id: 'string' })
  t.equal(wrong.headers['www-authenticate'], 'Bearer realm="portcullis"', 'no token was offered, so no error')
  t.same(await attempt('nobody', 'not the password'), wrong, 'an unknown name')
  t.same(await attempt('gone', PASSWORD), wrong, 'a disabled user with the right password')
  t.same(await attempt('\u202ebad name', 'x'), wrong, 'what can be no name')
  t.same(await attempt('alice', 'x'.repeat(5_000)), wrong, 'what can be no password')
  t.equal(hashed.length, 5, 'each of them was judged in full')
})
