import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask, json } from './ask.js'
import { BLACKLIST, type Case, change, obtain, REFRESH, type Side, SLIDING, SLIDING_REFRESH, VERIFY } from './asking.js'

const now = () => Math.floor(Date.now() / 1000)

/** Past the two seconds that tokens of these settings are good, however they were rounded. */
const PAST_THEIR_END_MS = 3_200

type Kind = 'access' | 'refresh' | 'token'
type Tokens = Readonly<Record<Kind, string>>

async function obtainBoth(side: Side): Promise<Tokens> {
  const [pair, { token }] = [await obtain(side), await obtain(side, SLIDING)]
  return { ...pair, token }
}

/** Tokens of two sessions, one to be used up at each place, that have ended when they are shown. */
function createLateTokens() {
  const kept = new WeakMap<Side, Promise<readonly Tokens[]>>()
  const make = async (side: Side) => {
    const made = [await obtainBoth(side), await obtainBoth(side)]
    await sleep(PAST_THEIR_END_MS)
    return made
  }
  return async (side: Side, which: 0 | 1): Promise<Tokens> => {
    const made = kept.get(side) ?? make(side)
    kept.set(side, made)
    return (await made)[which] as Tokens
  }
}

const show =
  (path: string, field: string, kind: Kind) =>
  ({ url }: Side, tokens: Tokens) =>
    ask(url, json(path, { [field]: tokens[kind] }))

/** Of a page only this is the same on both sides: whether it was shown. */
const visit =
  (kind: Kind, scheme: string) =>
  async ({ url }: Side, tokens: Tokens): Promise<Answer> => {
    const headers = { authorization: `${scheme} ${tokens[kind]}` }
    const { status } = await ask(url, { path: '/api/me', method: 'GET', headers })
    return { status, body: null, type: null, challenge: null, allow: null, retryAfter: null }
  }

function lateAt(setting: string, scheme: string): readonly Case[] {
  const tokens = createLateTokens()
  const late = (place: string, which: 0 | 1, showTo: (side: Side, tokens: Tokens) => Promise<Answer>): Case => ({
    name: `${setting}, late: ${place}`,
    ask: async (side) => showTo(side, await tokens(side, which))
  })
  return [
    late('verify an access token', 0, show(VERIFY, 'token', 'access')),
    late('verify a refresh token', 0, show(VERIFY, 'token', 'refresh')),
    late('verify a sliding token', 0, show(VERIFY, 'token', 'token')),
    late('page by an access token', 0, visit('access', scheme)),
    late('page by a sliding token', 0, visit('token', scheme)),
    late('sliding refresh', 0, show(SLIDING_REFRESH, 'token', 'token')),
    late('refresh', 0, show(REFRESH, 'refresh', 'refresh')),
    late('blacklist', 1, show(BLACKLIST, 'refresh', 'refresh')),
    late('refresh after the blacklist', 1, show(REFRESH, 'refresh', 'refresh'))
  ]
}

/** Claims under a signature that holds; times are seconds from now. */
const claims: Readonly<Record<string, () => Record<string, unknown>>> = {
  'iat within leeway': () => ({ iat: now() + 15 }),
  'iat past leeway': () => ({ iat: now() + 30 }),
  'nbf within leeway': () => ({ nbf: now() + 15 }),
  'nbf past leeway': () => ({ nbf: now() + 30 }),
  'exp within leeway': () => ({ exp: now() - 15 }),
  'exp past leeway': () => ({ exp: now() - 25 }),
  'refresh_exp within leeway': () => ({ refresh_exp: now() - 15 }),
  'refresh_exp past leeway': () => ({ refresh_exp: now() - 25 }),
  'no aud': () => ({ aud: undefined }),
  'aud: one of them': () => ({ aud: 'one' }),
  'aud: a list with one of them': () => ({ aud: ['other', 'two'] }),
  'aud: another': () => ({ aud: 'other' }),
  'aud: an empty list': () => ({ aud: [] }),
  'aud: a list with a number': () => ({ aud: ['one', 5] }),
  'aud: a map': () => ({ aud: { one: 1 } }),
  'aud: null': () => ({ aud: null }),
  'no iss': () => ({ iss: undefined }),
  'iss: another': () => ({ iss: 'you' }),
  'iss: a list': () => ({ iss: ['me'] })
}

const places: readonly (readonly [name: string, path: string, field: string, kind: Kind])[] = [
  ['verify', VERIFY, 'token', 'access'],
  ['verify refresh', VERIFY, 'token', 'refresh'],
  ['sliding refresh', SLIDING_REFRESH, 'token', 'token'],
  ['refresh', REFRESH, 'refresh', 'refresh'],
  ['refresh by access', REFRESH, 'refresh', 'access'],
  ['blacklist', BLACKLIST, 'refresh', 'refresh']
]

/** What is made of good ones is compared elsewhere. */
const named = (answer: Answer): Answer =>
  answer.status === 200 ? { ...answer, body: Object.keys(answer.body ?? {}).sort() } : answer

/** With leeway, an audience and an issuer. */
export const lenient: readonly Case[] = [
  ...lateAt('lenient', 'JWT'),
  ...places.flatMap(([place, path, field, kind]) =>
    Object.entries(claims).map(([name, more]) => ({
      name: `lenient, ${place}: ${name}`,
      async ask(side: Side) {
        const { [kind]: token } = await obtainBoth(side)
        // Else the token's own end would come between.
        const changed = change(side, token, { exp: now() + 600, ...more() })
        return named(await ask(side.url, json(path, { [field]: changed })))
      }
    }))
  )
]

/** Without leeway, and sliding tokens that are good for longer than they can be exchanged. */
export const brief: readonly Case[] = lateAt('brief', 'Bearer')
