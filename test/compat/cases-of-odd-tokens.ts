import { randomBytes, randomInt } from 'node:crypto'
import { encode, signText } from '../helpers/forge.js'
import { type Answer, ask, claimsOf, json } from './ask.js'
import { BLACKLIST, type Case, obtain, REFRESH, type Side, SLIDING, SLIDING_REFRESH, VERIFY } from './asking.js'

const now = () => Math.floor(Date.now() / 1000)

/** What is written under a signature that holds, made of what stood there. */
type Oddity = (token: string, side: Side) => string

const write = ({ secret }: Side, header: string, claims: string) => signText(header, claims, secret, 'HS256')
const HEADER = '{"alg":"HS256","typ":"JWT"}'

const claim =
  (more: () => Record<string, unknown>): Oddity =>
  (token, side) =>
    write(side, HEADER, JSON.stringify({ ...claimsOf(token), ...more() }))

/** A claim that JSON.stringify would not write so. */
const raw =
  (name: string, value: string): Oddity =>
  (token, side) =>
    write(side, HEADER, JSON.stringify({ ...claimsOf(token), [name]: 0 }).replace(`"${name}":0`, `"${name}":${value}`))

const header =
  (more: Record<string, unknown>): Oddity =>
  (token, side) =>
    write(side, JSON.stringify({ alg: 'HS256', typ: 'JWT', ...more }), JSON.stringify(claimsOf(token)))

const payload =
  (text: string): Oddity =>
  (_token, side) =>
    write(side, HEADER, text)

const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)

const times: Readonly<Record<string, Oddity>> = {
  'exp: digits in a text': claim(() => ({ exp: String(now() + 600) })),
  'exp: a text': claim(() => ({ exp: 'soon' })),
  'exp: a fraction': claim(() => ({ exp: now() + 600.5 })),
  'exp: negative': claim(() => ({ exp: -1 })),
  'exp: zero': claim(() => ({ exp: 0 })),
  'exp: after the year 9999': claim(() => ({ exp: 253_402_300_800 })),
  'exp: endless': raw('exp', '1e999'),
  'exp: null': claim(() => ({ exp: null })),
  'exp: true': claim(() => ({ exp: true })),
  'exp: a list': claim(() => ({ exp: [now() + 600] })),
  'exp: missing': claim(() => ({ exp: undefined })),
  'iat: in the future': claim(() => ({ iat: now() + 3600 })),
  'iat: a text': claim(() => ({ iat: 'x' })),
  'iat: null': claim(() => ({ iat: null })),
  'iat: missing': claim(() => ({ iat: undefined })),
  'iat: negative': claim(() => ({ iat: -1 })),
  'iat: a fraction': claim(() => ({ iat: now() - 1.5 })),
  'nbf: in the future': claim(() => ({ nbf: now() + 3600 })),
  'nbf: in the past': claim(() => ({ nbf: now() - 3600 })),
  'nbf: a text': claim(() => ({ nbf: 'x' })),
  'nbf: null': claim(() => ({ nbf: null })),
  'refresh_exp: a text': claim(() => ({ refresh_exp: 'soon' })),
  'refresh_exp: null': claim(() => ({ refresh_exp: null })),
  'refresh_exp: true': claim(() => ({ refresh_exp: true })),
  'refresh_exp: a list': claim(() => ({ refresh_exp: [now() + 600] })),
  'refresh_exp: a fraction': claim(() => ({ refresh_exp: now() + 600.5 })),
  'refresh_exp: negative': claim(() => ({ refresh_exp: -1 })),
  'refresh_exp: missing': claim(() => ({ refresh_exp: undefined })),
  'refresh_exp: endless': raw('refresh_exp', '1e999'),
  'refresh_exp: after the year 9999': claim(() => ({ refresh_exp: 253_402_300_800 }))
}

const names: Readonly<Record<string, Oddity>> = {
  'jti: missing': claim(() => ({ jti: undefined })),
  'jti: null': claim(() => ({ jti: null })),
  'jti: a number': claim(() => ({ jti: randomInt(1e9) })),
  'jti: blank': claim(() => ({ jti: '' })),
  'jti: true': claim(() => ({ jti: true })),
  'jti: a list': claim(() => ({ jti: ['x'] })),
  'jti: a map': claim(() => ({ jti: { x: 1 } })),
  'jti: a thousand characters': claim(() => ({ jti: randomBytes(500).toString('hex') })),
  'token_type: missing': claim(() => ({ token_type: undefined })),
  'token_type: another': claim(() => ({ token_type: 'other' })),
  'token_type: in capitals': raw('token_type', '"ACCESS"'),
  'token_type: a number': claim(() => ({ token_type: 5 })),
  'token_type: null': claim(() => ({ token_type: null })),
  'token_type: a list': claim(() => ({ token_type: ['access', 'refresh', 'sliding'] })),
  'user_id: missing': claim(() => ({ user_id: undefined })),
  'user_id: null': claim(() => ({ user_id: null })),
  'user_id: nobody’s': claim(() => ({ user_id: 99_999 })),
  'user_id: a text': claim(() => ({ user_id: '1' })),
  'user_id: no number': claim(() => ({ user_id: 'x' })),
  'user_id: a fraction': claim(() => ({ user_id: 1.5 })),
  'user_id: true': claim(() => ({ user_id: true })),
  'user_id: a list': claim(() => ({ user_id: [1] })),
  'user_id: a map': claim(() => ({ user_id: { x: 1 } })),
  'user_id: too large a number': raw('user_id', '123456789012345678901234567890'),
  'aud: a text': claim(() => ({ aud: 'other' })),
  'aud: a list': claim(() => ({ aud: ['other'] })),
  'aud: a number': claim(() => ({ aud: 5 })),
  'aud: null': claim(() => ({ aud: null })),
  'iss: another': claim(() => ({ iss: 'https://other.example' })),
  'iss: a number': claim(() => ({ iss: 5 })),
  'claims nested 10 deep': claim(() => ({ more: nested(10) })),
  'claims nested 40 deep': claim(() => ({ more: nested(40) })),
  'claims nested 4000 deep': claim(() => ({ more: nested(4000) })),
  'a claim of 7 KiB': claim(() => ({ more: 'x'.repeat(7 * 1024) })),
  'a claim of 45 KiB': claim(() => ({ more: 'x'.repeat(45 * 1024) })),
  'a claim of 60 KiB': claim(() => ({ more: 'x'.repeat(60 * 1024) })),
  'a claim twice': (token, side) => write(side, HEADER, `{"exp":1,${JSON.stringify(claimsOf(token)).slice(1)}`),
  'a claim of other scripts': claim(() => ({ more: 'ключ 🙂' })),
  'a lone surrogate': raw('more', '"\\ud800"'),
  'a null character': raw('more', '"\\u0000"')
}

const headers: Readonly<Record<string, Oddity>> = {
  'header: more fields': header({ jku: 'https://other.example/jwks', x5u: 'https://other.example', cty: 'JWT' }),
  'header: a key of its own': header({ jwk: { kty: 'oct', k: 'eA' } }),
  'header: a kid': header({ kid: 'x' }),
  'header: a kid that is a number': header({ kid: 5 }),
  'header: no typ': header({ typ: undefined }),
  'header: another typ': header({ typ: 'at+jwt' }),
  'header: typ in small letters': header({ typ: 'jwt' }),
  'header: a typ that is a number': header({ typ: 5 }),
  'header: crit': header({ crit: ['exp'] }),
  'header: an empty crit': header({ crit: [] }),
  'header: b64': header({ b64: false }),
  'header: b64 that is true': header({ b64: true }),
  'header: no alg': header({ alg: undefined }),
  'header: alg none': header({ alg: 'none' }),
  'header: alg in small letters': header({ alg: 'hs256' }),
  'header: another alg': header({ alg: 'HS512' }),
  'header: an alg of keys in pairs': header({ alg: 'RS256' }),
  'header: an alg that is a list': header({ alg: ['HS256'] }),
  'header: a list': (token, side) => write(side, '["HS256"]', JSON.stringify(claimsOf(token))),
  'header: no JSON': (token, side) => write(side, 'x', JSON.stringify(claimsOf(token))),
  'header: alg twice': (token, side) =>
    write(side, '{"alg":"none","alg":"HS256","typ":"JWT"}', JSON.stringify(claimsOf(token)))
}

const spellings: Readonly<Record<string, Oddity>> = {
  'payload: a list': payload('[]'),
  'payload: a text': payload('"x"'),
  'payload: null': payload('null'),
  'payload: a number': payload('5'),
  'payload: empty': payload('{}'),
  'payload: nothing': payload(''),
  'payload: half an object': payload('{'),
  'payload: NaN': raw('more', 'NaN'),
  'payload: white space around': (token, side) => write(side, HEADER, ` ${JSON.stringify(claimsOf(token))}\n`),
  'spelled with padding': (token) => `${token}=`,
  'spelled with a dot more': (token) => `${token}.`,
  'spelled with four parts': (token) => `${token}.x`,
  'spelled with two parts': (token) => token.slice(0, token.lastIndexOf('.')),
  'spelled without a signature': (token) => token.slice(0, token.lastIndexOf('.') + 1),
  'spelled with a scheme': (token) => `Bearer ${token}`,
  'spelled with a line end inside': (token) => token.replace('.', '.\n'),
  'spelled with white space inside': (token) => token.replace('.', '. '),
  'spelled with the other alphabet': (token) =>
    write({ url: '', secret: 'x' }, HEADER, '{}').replace(/\..*$/, `.${token.split('.')[1]}.+/+/`),
  'spelled with spare bits': (token) => withSpareBits(token),
  'spelled with five parts': (token) => `${token}.${encode('x')}.${encode('y')}`
}

/** 256 bits leave two spare ones in the last character, which decoders pass over. */
function withSpareBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return `${token.slice(0, -1)}${alphabet[alphabet.indexOf(token.slice(-1)) + 1]}`
}

const oddities: Readonly<Record<string, Oddity>> = {
  'as it is': (token) => token,
  ...times,
  ...names,
  ...headers,
  ...spellings
}

/** Where a token is shown, and which of them. */
interface Place {
  readonly name: string
  readonly kind: 'access' | 'refresh' | 'token'
  readonly show: (side: Side, token: string) => Promise<Answer>
}

const shownTo = (name: string, path: string, kind: Place['kind'], field: string): Place => ({
  name,
  kind,
  // What is made of a good one is compared elsewhere.
  async show({ url }, token) {
    const answer = await ask(url, json(path, { [field]: token }))
    return answer.status === 200 ? { ...answer, body: Object.keys(answer.body ?? {}).sort() } : answer
  }
})

/** Of a page that needs a token only this is the same on both sides: whether it was shown. */
const page = (kind: Place['kind']): Place => ({
  name: `page by ${kind}`,
  kind,
  async show({ url }, token) {
    const spelled = Buffer.from(token)
      .toString('latin1')
      .replace(/[\r\n]/g, '\t')
    const shown = await ask(url, { path: '/api/me', method: 'GET', headers: { authorization: `Bearer ${spelled}` } })
    const challenge = shown.challenge === null ? null : (shown.challenge.split(' ')[0] ?? '')
    return { ...shown, body: null, type: null, allow: null, challenge }
  }
})

/** First where a token is not used up. */
const places: readonly Place[] = [
  shownTo('verify', VERIFY, 'access', 'token'),
  shownTo('verify refresh', VERIFY, 'refresh', 'token'),
  page('access'),
  page('token'),
  shownTo('sliding refresh', SLIDING_REFRESH, 'token', 'token'),
  shownTo('blacklist', BLACKLIST, 'refresh', 'refresh'),
  shownTo('refresh', REFRESH, 'refresh', 'refresh')
]
const USING_UP: readonly string[] = ['blacklist', 'refresh']

/** Tokens of one session for every place where they are not used up. */
const kept = new WeakMap<Side, Promise<Record<Place['kind'], string>>>()

async function obtainBoth(side: Side): Promise<Record<Place['kind'], string>> {
  const [pair, { token }] = await Promise.all([obtain(side), obtain(side, SLIDING)])
  return { ...pair, token }
}

async function tokensFor(place: Place, side: Side): Promise<Record<Place['kind'], string>> {
  if (USING_UP.includes(place.name)) return { ...(await obtain(side)) }
  const tokens = kept.get(side) ?? obtainBoth(side)
  kept.set(side, tokens)
  return tokens
}

/** Tokens that hold but for what is odd about them, wherever they can be shown. */
export const oddTokens: readonly Case[] = places.flatMap((place) =>
  Object.entries(oddities).map(([odd, spell]) => ({
    name: `${place.name} · ${odd}`,
    ask: async (side: Side) => place.show(side, spell((await tokensFor(place, side))[place.kind], side))
  }))
)

/** Names of places that answer in simplejwt's form, and of pages. */
export const FORMAL: readonly string[] = places.map(({ name }) => name).filter((name) => !name.startsWith('page'))
export const PAGES: readonly string[] = places.map(({ name }) => name).filter((name) => name.startsWith('page'))
