import t, { type Test } from 'tap'
import { makePlace, startProcess } from '../helpers/gateway-process.js'
import { createStormClient, site } from './storm-client.js'

const USES = 200

/** So many uses of one refresh token at once, each over a connection of its own. */
async function useAtOnce(t: Test, reuseGrace: string) {
  const place = await makePlace(t, site(`tokens: { refresh: { reuse_grace: ${reuseGrace} } }`))
  await startProcess(t, place)
  const client = createStormClient(t, place.url, USES)
  const { refresh_token } = await client.signIn()
  const answers = await Promise.all(Array.from({ length: USES }, () => client.refresh(refresh_token)))
  return { client, answers, granted: answers.flatMap(({ tokens }) => (tokens === null ? [] : [tokens])) }
}

t.test(`${USES} uses at once within the window are all answered with the one successor`, async (t) => {
  const { client, granted } = await useAtOnce(t, '60s')
  t.equal(granted.length, USES)
  const successors = new Set(granted.map((tokens) => tokens.refresh_token))
  t.equal(successors.size, 1)
  for (const { access_token } of granted.slice(0, 3))
    t.equal((await client.get('/auth/userinfo', access_token)).status, 200)
  t.equal((await client.refresh([...successors][0] ?? '')).status, 200, 'and it is live')
})

t.test(`of ${USES} uses at once without a window one succeeds, and the others end the session`, async (t) => {
  const { client, answers, granted } = await useAtOnce(t, '0s')
  t.equal(granted.length, 1)
  t.equal(answers.filter(({ status }) => status === 401).length, USES - 1)
  t.equal((await client.refresh(granted[0]?.refresh_token ?? '')).status, 401)
  t.equal((await client.get('/auth/userinfo', granted[0]?.access_token ?? '')).status, 401)
})
