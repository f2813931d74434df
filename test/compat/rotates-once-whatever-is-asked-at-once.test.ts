import t from 'tap'
import { claimsOf } from './ask.js'
import { type Pair, said, startCompat } from './compat-fixture.js'

const USES = 20
const grace = (time: string) => ({ rest: `tokens: { refresh: { reuse_grace: ${time} } }` })

t.test(`${USES} uses at once within the window have one successor`, async (t) => {
  const { obtain, refresh, visit } = await startCompat(t, 'rotate: true', grace('60s'))
  const pair = await obtain()
  const answers = await Promise.all(Array.from({ length: USES }, () => refresh(pair.refresh)))
  t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
  const successors = answers.map(({ body }) => body as Pair)
  t.equal(new Set(successors.map((tokens) => tokens.refresh)).size, 1)
  for (const { access } of successors) t.equal(await visit(access), 200)
  const [first] = successors
  t.equal((await refresh(first?.refresh ?? '')).status, 200, 'and it is live')
  t.equal(said(await refresh(pair.refresh)), '401 Token is blacklisted', 'its predecessor is not')
})

t.test(`of ${USES} uses at once without a window one succeeds, and the others end the session`, async (t) => {
  const { gateway, obtain, refresh, visit } = await startCompat(t, 'rotate: true', grace('0s'))
  const pair = await obtain()
  const other = await obtain()
  const answers = await Promise.all(Array.from({ length: USES }, () => refresh(pair.refresh)))
  const granted = answers.filter(({ status }) => status === 200).map(({ body }) => body as Pair)
  t.equal(granted.length, 1)
  const refusals = new Set(answers.filter(({ status }) => status !== 200).map(said))
  t.strictSame([...refusals], ['401 Token is blacklisted'])
  t.equal((await refresh(granted[0]?.refresh ?? '')).status, 401)
  t.equal(await visit(granted[0]?.access ?? ''), 401)
  t.equal(gateway.audit.filter(({ event }) => event === 'refresh_reuse').length, 1)
  t.equal((await refresh(other.refresh)).status, 200, 'and no other session')
})

for (const rotate of [true, false])
  t.test(`of ${USES} uses of the blacklist at once one ends the session (rotate: ${rotate})`, async (t) => {
    const { gateway, obtain, refresh, visit, post } = await startCompat(t, `rotate: ${rotate}`, grace('0s'))
    const [pair, other] = [await obtain(), await obtain()]
    const answers = await Promise.all(Array.from({ length: USES }, () => post('blacklist/', { refresh: pair.refresh })))
    t.equal(answers.filter(({ status }) => status === 200).length, 1)
    const refusals = new Set(answers.filter(({ status }) => status !== 200).map(said))
    t.strictSame([...refusals], ['401 Token is blacklisted'])
    t.equal(gateway.audit.filter(({ event }) => event === 'logout').length, 1)
    t.equal(await visit(pair.access), 401)
    t.equal((await refresh(other.refresh)).status, 200, 'and no other session')
  })

t.test('a successor is the same token whichever algorithm signs it', async (t) => {
  const { gateway, obtain, refresh, yaml } = await startCompat(t, 'rotate: true', grace('60s'))
  gateway.reload(yaml('rotate: true').replace(/signing_key: \{.*?\},/, ''))
  const pair = await obtain()
  const [one, other] = [await refresh(pair.refresh), await refresh(pair.refresh)].map(({ body }) => body as Pair)
  t.strictSame(claimsOf(one?.refresh ?? ''), claimsOf(other?.refresh ?? ''))
})
