import { decode } from '../helpers/forge.js'
import { type Answer, claimsOf } from './ask.js'

/** Claims that tokens of the gateway have beside the original's; Django and its clients pass over them. */
const OWN_CLAIMS: ReadonlySet<string> = new Set(['iss', 'sub', 'sid', 'gen', 'username', 'roles'])

const isToken = (value: unknown): value is string =>
  typeof value === 'string' && /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value)

/** A token less what differs from one to the next: its kind, its claims, and how long it is good. */
function describeToken(token: string) {
  // Python writes what no other reader of JSON takes.
  if (/\bNaN\b/.test(decode(token.split('.')[1]))) return 'a token that says NaN'
  const { exp, iat: _, refresh_exp: until, jti, ...others } = claimsOf(token)
  const { alg, typ } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >
  const claims = Object.entries(others).filter(([name]) => !OWN_CLAIMS.has(name))
  // To the minute: the original counts what it makes of a refresh token from when that one was issued.
  const lives = [exp, until].map((time) =>
    typeof time === 'number' ? Math.round((time - Date.now() / 1000) / 60) * 60 : null
  )
  return { alg, typ, jti: typeof jti, lives, claims: Object.fromEntries(claims) }
}

/** An answer as it is compared: tokens less what differs from one to the next. */
export const describe = (answer: Answer): Answer =>
  JSON.parse(JSON.stringify(answer), (_name, value) => (isToken(value) ? describeToken(value) : value)) as Answer
