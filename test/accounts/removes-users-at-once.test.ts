import t from 'tap'
import { bearer, post, startGateway, type Tokens, verdictOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const info = (url: string, { access_token }: Tokens) => fetch(`${url}/auth/userinfo`, { headers: bearer(access_token) })

t.test('a removed user is out at once and for good; who gets the name is somebody else', async (t) => {
  const first = await startGateway(t, site(NOWHERE, 'store: "sqlite:store.db"'), [{ username: 'alice' }])
  const tokens = await first.login('alice')
  const removed = await first.gateway.operatorAccounts.remove('ALICE')
  t.match(first.audit.at(-1), { event: 'user_removed', fields: { subject: removed.id, username: 'alice' } })
  t.equal(await verdictOf(await info(first.url, tokens)), '401 revoked_token')
  t.equal(await verdictOf(await post(`${first.url}/auth/refresh`, tokens)), '401 invalid_refresh_token')
  await t.rejects(first.login('alice'), { message: /^login: 401/ })
  await t.rejects(first.gateway.operatorAccounts.remove('alice'), { name: 'UserMistake', kind: 'no_such_user' })
  const namesake = await first.addUser({ username: 'alice' })
  t.not(namesake.id, removed.id)
  const again = await first.restart()
  t.equal(await verdictOf(await info(again.url, tokens)), '401 revoked_token')
  t.equal((await info(again.url, await again.login('alice'))).status, 200)
})

t.test('a refresh and a removal at once leave no access token alive', async (t) => {
  const gateway = await startGateway(t, site(NOWHERE))
  for (let round = 0; round < 10; round += 1) {
    const username = `user${round}`
    await gateway.addUser({ username })
    const tokens = await gateway.login(username)
    const refresh = () => post(`${gateway.url}/auth/refresh`, { refresh_token: tokens.refresh_token })
    const remove = () => gateway.gateway.operatorAccounts.remove(username).then(() => null)
    const raced = await Promise.all(round % 2 === 0 ? [refresh(), remove()] : [remove(), refresh()])
    for (const answer of raced) {
      if (answer === null || answer.status !== 200) continue
      const late = (await answer.json()) as Tokens
      t.equal(await verdictOf(await info(gateway.url, late)), '401 revoked_token')
      t.equal(await verdictOf(await post(`${gateway.url}/auth/refresh`, late)), '401 invalid_refresh_token')
    }
    t.equal(await verdictOf(await info(gateway.url, tokens)), '401 revoked_token')
  }
})
