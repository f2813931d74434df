import { signText } from '../helpers/forge.js'
import { PASSWORD } from '../helpers/gateway.js'
import { type Answer, ask, claimsOf, json, type Question } from './ask.js'

/** One side of the comparison, with what it takes to ask it for tokens. */
export interface Side {
  readonly url: string
  /** The key that both sides share. */
  readonly secret: string
}

export interface Case {
  readonly name: string
  readonly ask: (side: Side) => Promise<Answer>
}

export const TOKEN = '/api/token/'
export const REFRESH = '/api/token/refresh/'
export const VERIFY = '/api/token/verify/'
export const BLACKLIST = '/api/token/blacklist/'
export const SLIDING = '/api/token/sliding/'
export const SLIDING_REFRESH = '/api/token/sliding/refresh/'
export const ADA = { username: 'ada', password: PASSWORD }

interface Pair {
  readonly access: string
  readonly refresh: string
}

/** Tokens of a new session. */
export const obtain = async ({ url }: Side, path = TOKEN) =>
  (await ask(url, json(path, ADA))).body as Pair & { token: string }

/** A token with other claims under a signature that holds: what a service with the shared key could make. */
export function change(
  { secret }: Side,
  token: string,
  claims: Record<string, unknown>,
  header: object = { alg: 'HS256', typ: 'JWT' }
) {
  return signText(JSON.stringify(header), JSON.stringify({ ...claimsOf(token), ...claims }), secret, 'HS256')
}

export const fixed = (name: string, question: Question): Case => ({ name, ask: ({ url }) => ask(url, question) })

/** Asks with what a new session's tokens make of `question`. */
export const withPair = (name: string, question: (pair: Pair, side: Side) => Question | Promise<Question>): Case => ({
  name,
  ask: async (side) => ask(side.url, await question(await obtain(side), side))
})

export const withSliding = (
  name: string,
  question: (token: string, side: Side) => Question | Promise<Question>
): Case => ({
  name,
  ask: async (side) => ask(side.url, await question((await obtain(side, SLIDING)).token, side))
})
