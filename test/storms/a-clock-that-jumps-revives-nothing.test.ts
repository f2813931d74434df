import { execFileSync } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { makePlace, startProcess } from '../helpers/gateway-process.js'
import { createStormClient, type StormClient, site } from './storm-client.js'

const HOUR = 3600

/** A gateway whose wall clock, and no other, can be set while it runs (faketime(1)). */
async function startOnFalseClock(t: Test, more: string, guesses = 100) {
  const place = await makePlace(t, site(more, guesses))
  const file = join(place.folder, 'clock')
  const setClock = (offsetSeconds: number) => {
    writeFileSync(`${file}.new`, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`)
    // In one step: it is read at every look at the clock.
    renameSync(`${file}.new`, file)
  }
  setClock(0)
  const library = execFileSync('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim()
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    // Timers run on as they do when an administrator sets the clock.
    DONT_FAKE_MONOTONIC: '1'
  }
  await startProcess(t, place, { env })
  const client = createStormClient(t, place.url, 10)
  return { client, setClock }
}

const shown = async (client: StormClient, accessToken: string) => {
  const { status, body } = await client.get('/auth/userinfo', accessToken)
  return status === 200 ? '200' : `${status} ${body.code}`
}

/** Sessions to try things on once: a spent token ends its session wherever it is shown. */
async function openVictims(client: StormClient) {
  const loggedOut = await client.signIn()
  await client.post('/auth/logout', { refresh_token: loggedOut.refresh_token })
  const rotated = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const { refresh_token } = await client.signIn()
      await client.refresh(refresh_token)
      return refresh_token
    })
  )
  return { loggedOut, rotated }
}

t.test('the clock jumps an hour on, two back, and home', async (t) => {
  const { client, setClock } = await startOnFalseClock(t, 'tokens: { refresh: { reuse_grace: 0s, idle: 2h } }')
  const { loggedOut, rotated } = await openVictims(client)
  const idle = await client.signIn()
  let alive = await client.signIn()
  const first = alive
  t.equal(await shown(client, first.access_token), '200')

  for (const [at, offset] of [HOUR, -HOUR, 0, 60].entries()) {
    setClock(offset)
    const where = `at ${offset} s`
    t.match(await shown(client, loggedOut.access_token), /^401/, `a logged-out access token ${where}`)
    t.equal((await client.refresh(loggedOut.refresh_token)).status, 401, `a logged-out refresh token ${where}`)
    t.equal((await client.refresh(rotated[at] ?? '')).status, 401, `a rotated token ${where}`)
    if (offset === HOUR) t.equal(await shown(client, first.access_token), '401 expired_token')
    // Issued an hour or two from now, as it seems.
    if (offset === -HOUR) t.equal(await shown(client, alive.access_token), '401 invalid_token')
    const { status, tokens } = await client.refresh(alive.refresh_token)
    t.equal(status, 200, `a live session goes on ${where}`)
    if (tokens !== null) alive = tokens
    t.equal(tokens?.expires_in, 900)
    t.equal(await shown(client, alive.access_token), '200', `with a good access token ${where}`)
    t.equal((await client.refresh((await client.signIn()).refresh_token)).status, 200, `people sign in ${where}`)
    if (offset === -HOUR) {
      setClock(offset + 899)
      t.equal(await shown(client, alive.access_token), '200', 'to its last second')
      setClock(offset + 901)
      t.equal(await shown(client, alive.access_token), '401 expired_token')
    }
  }

  setClock(3 * HOUR)
  t.equal((await client.refresh(idle.refresh_token)).status, 401, 'a session that ran out')
  setClock(0)
  t.equal((await client.refresh(idle.refresh_token)).status, 401, 'has run out for good')
})

t.test('the grace of a spent token is no longer for a clock that went back', async (t) => {
  const { client, setClock } = await startOnFalseClock(t, 'tokens: { refresh: { reuse_grace: 10s } }')
  const [late, back] = [await client.signIn(), await client.signIn()]
  const [lateNext, backNext] = [await client.refresh(late.refresh_token), await client.refresh(back.refresh_token)]
  setClock(-HOUR)
  const repeated = await client.refresh(back.refresh_token)
  t.equal(repeated.tokens?.refresh_token, backNext.tokens?.refresh_token, 'a repeat before the first use is a repeat')
  t.equal((await client.refresh(backNext.tokens?.refresh_token ?? '')).status, 200)
  t.equal((await client.refresh(back.refresh_token)).status, 401, 'until its successor has been used')
  setClock(HOUR)
  t.equal((await client.refresh(late.refresh_token)).status, 401)
  t.equal((await client.refresh(lateNext.tokens?.refresh_token ?? '')).status, 401, 'it was reuse')
})

t.test('no jump locks anybody out for longer than a window', async (t) => {
  const limits = `limits:
  fixed: { by: ip, requests: 2, window: 10m, algorithm: fixed_window }
  bucket: { by: ip, requests: 2, window: 10m, algorithm: token_bucket }
default_limits: [LIMIT]`
  for (const limit of ['fixed', 'bucket']) {
    const { client, setClock } = await startOnFalseClock(t, limits.replace('LIMIT', limit), 3)
    const guess = async (password: string) => (await client.post('/auth/login', { username: 'admin', password })).status
    const come = async () => (await client.get('/limited', 'x')).status
    setClock(HOUR)
    for (const status of [401, 401, 401, 429]) t.equal(await guess('a wrong guess'), status)
    await come()
    await come()
    t.equal(await come(), 429, `${limit}: the limit is reached`)
    setClock(-HOUR + 61)
    await client.signIn()
    setClock(-HOUR)
    await come()
    setClock(-HOUR + 601)
    t.not(await come(), 429, `${limit}: a window after the clock went back`)
  }
})
