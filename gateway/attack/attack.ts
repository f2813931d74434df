/** The nouns of the corpus: what an attack is, what it needs to be fired, and what can be seen of it from outside. */

/** In the order in which they are fired: what locks doors comes last. */
export const FAMILIES = [
  'paths',
  'identity',
  'rerouting',
  'addresses',
  'framing',
  'upgrades',
  'tokens',
  'browsers',
  'endpoints',
  'logins'
] as const

export type Family = (typeof FAMILIES)[number]

/**
 * Where an attack is fired from: an innocent request whose answer is known. A stranger or a signed-in user who is
 * refused there, or passes there; a token that passes where nobody does without; our own endpoints.
 */
export type PositionName =
  | 'stranger-refused'
  | 'user-refused'
  | 'stranger-passes'
  | 'user-passes'
  | 'token-passes'
  | 'endpoint'

export interface Position {
  readonly method: string
  readonly host: string
  /** Canonical. */
  readonly path: string
  /** The token that goes with it, or null. */
  readonly token: string | null
  /** Whether whoever comes here is refused whatever the method. */
  readonly closedToAllMethods: boolean
}

/** What a forger has to work with. */
export interface Forgery {
  /** Of a genuine token, or the nearest guess, made out to whom the gateway admits everywhere. */
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  /** Accepted as it is; null: there is none. */
  readonly genuine: string | null
  /** The public keys, as the gateway publishes them. */
  readonly keys: readonly Readonly<Record<string, string>>[]
  /** Signs texts with the gateway's own key: for what only a careless issuer could send. null: nobody has the key. */
  readonly sign: ((header: string, claims: string) => string) | null
}

/** Somebody who may sign in. */
export interface Account {
  readonly username: string
  readonly password: string
  readonly refreshToken: string | null
}

/** All that an attack may build its bytes from. */
export interface Shot {
  readonly position: Position
  /** A folder that strangers may enter, such as `/public`; made up when none is known. */
  readonly open: string
  /** Of the gateway's own endpoints. */
  readonly prefix: string
  readonly forgery: Forgery
  readonly account: Account | null
}

export interface Attack {
  /** `family/name`, kebab-case, never reused. */
  readonly id: string
  readonly family: Family
  /** What the one who is deceived by it does. */
  readonly why: string
  /** Advisory, RFC clause, or where it is known from. */
  readonly source: string
  readonly from: readonly PositionName[]
  /** The bytes, as latin1; null: what they are made of is not there. */
  readonly send: (shot: Shot) => string | null
  /** Fired again and again before, until it is answered 429; null: what it is made of is not there. */
  readonly exhaust?: (shot: Shot) => string | null
  /** What is due wherever it is fired from. Absent: what the innocent request of the position is due. */
  readonly due?: 'refusal' | 'no harm'
  /** Ending the connection without a word is an answer too. */
  readonly mayClose?: boolean
  /** What no answer may hold, head or body. */
  readonly neverAnswered?: RegExp
  /** What must not reach the upstream, beside the mark of what is forged. */
  readonly neverArrives?: RegExp
  /** Who alone reads it so: that it passes is a question to the upstream rather than a fault. */
  readonly onlyFor?: string
  /** It is no attack where the upstream tells letter cases apart. */
  readonly byCase?: boolean
}

/** Stands in whatever is forged, so that it is known wherever it arrives. */
export const MARK = 'portcullis-forged'
/** Stands in what must never be read as a request of its own. */
export const SMUGGLED = 'portcullis-smuggled'

/** Replaces `{name}`; what is no name stays. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : whole
  )

interface Parts {
  readonly method?: string
  readonly target?: string
  /** Each ended by CR LF. */
  readonly lines?: string
  readonly body?: string
  /** Said instead of the token of the position. */
  readonly authorization?: string
}

/** A request as a client would send it from a position, with some parts in another way; the connection ends after it. */
export function requestFrom(position: Position, parts: Parts = {}): string {
  const { method = position.method, target = position.path, lines = '', body, authorization } = parts
  const length = body === undefined ? (method === 'GET' || method === 'HEAD' ? '' : line('Content-Length', '0')) : ''
  const own = position.token === null ? '' : line('Authorization', `Bearer ${position.token}`)
  const shown = authorization ?? own
  const close = /^connection:/im.test(lines) ? '' : line('Connection', 'close')
  return `${method} ${target} HTTP/1.1\r\n${line('Host', position.host)}${shown}${lines}${length}${close}\r\n${body ?? ''}`
}

export const line = (name: string, value: string): string => `${name}: ${value}\r\n`
