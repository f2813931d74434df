import type { Answer } from './ask.js'
import { type Difference, notValid } from './difference.js'

const CRASH = 'the original fails on claims that are odd and validly signed'
const OURS = 'whoever shares the key can sign anything: only what says all that ours say is ours'
const ONE_READING = 'what can be read in two ways is read in none (RFC 8725 §2.4)'
const EXPLICIT = 'the type in the header tells these tokens from others under the same key (RFC 8725 §3.11)'
const KEY_IDS = 'a key that is shared has no name'
const SPELLING = 'a token has one spelling, so that it cannot pass for two (RFC 7515 §2)'
const BOUND = 'no token of ours is so long, or nested so deeply'
const UNTYPED = 'a token whose kind nobody can tell is good for nothing here'
const DJANGO_NAME = 'a token that tells Django of no user is refused before it gets there'
const BY_SUB = 'the gateway knows its user by `sub`, and Django, behind it, refuses the token as before'
const SESSION = 'a token that belongs to no session is nobody’s, whoever signed it'
const FIELDS = 'the header section of a request has another bound'

const REFUSED = 'Token is invalid or expired'
const FORMAL = ['verify', 'verify refresh', 'sliding refresh', 'blacklist', 'refresh']
const PAGES = ['page by access', 'page by token']

const NO_NAME = [
  'user_id: a fraction',
  'user_id: true',
  'user_id: a list',
  'user_id: a map',
  'user_id: too large a number'
]

const onPage = (status: number, challenge: string | null): Partial<Answer> => ({ status, challenge })

/** Oddities that are refused wherever they are shown, or at these places. */
const refused = (
  because: string,
  oddities: readonly string[],
  { words = REFUSED, at = [...FORMAL, ...PAGES] }: { readonly words?: string; readonly at?: readonly string[] } = {}
): readonly Difference[] =>
  oddities.flatMap((oddity) =>
    at.map((place) => ({
      name: `${place} · ${oddity}`,
      ours: PAGES.includes(place) ? onPage(401, 'Bearer') : notValid(words),
      because
    }))
  )

const accepted = (because: string, oddity: string): readonly Difference[] =>
  PAGES.map((place) => ({ name: `${place} · ${oddity}`, ours: onPage(200, null), because }))

export const differencesOfOddTokens: readonly Difference[] = [
  ...refused(CRASH, [
    'exp: digits in a text',
    'exp: endless',
    'exp: null',
    'exp: a list',
    'iat: null',
    'nbf: null',
    'exp: after the year 9999'
  ]),
  ...refused(
    CRASH,
    ['a text', 'null', 'a list', 'endless', 'after the year 9999'].map((odd) => `refresh_exp: ${odd}`),
    { at: ['sliding refresh'] }
  ),
  ...refused('a time is a number', ['refresh_exp: true'], { at: ['sliding refresh'] }),
  ...refused(CRASH, ['jti: missing'], { words: 'Token has no id', at: ['sliding refresh', 'blacklist', 'refresh'] }),
  ...refused(CRASH, ['jti: missing'], { at: PAGES }),
  ...refused(CRASH, ['payload: empty'], {
    words: "Token has no 'exp' claim",
    at: ['sliding refresh', 'blacklist', 'refresh']
  }),
  ...refused(CRASH, ['payload: empty'], { at: PAGES }),
  ...refused(CRASH, ['claims nested 4000 deep'], { at: FORMAL }),
  ...refused(OURS, [
    'iat: missing',
    'aud: a text',
    'aud: a list',
    'aud: a number',
    'aud: null',
    'iss: another',
    'iss: a number',
    'jti: null',
    'jti: a number',
    'jti: blank',
    'jti: true',
    'jti: a list',
    'jti: a map'
  ]),
  ...refused(SESSION, ['jti: a thousand characters'], {
    words: 'Token is blacklisted',
    at: ['sliding refresh', 'blacklist', 'refresh']
  }),
  {
    name: 'verify refresh · jti: a thousand characters',
    ours: { status: 400, body: { non_field_errors: ['Token is blacklisted'] } },
    because: SESSION
  },
  ...refused(ONE_READING, ['a claim twice', 'header: alg twice', 'payload: NaN']),
  ...refused(EXPLICIT, [
    'header: no typ',
    'header: another typ',
    'header: typ in small letters',
    'header: a typ that is a number'
  ]),
  ...refused(KEY_IDS, ['header: a kid']),
  ...refused('no JWT may say `b64` (RFC 7797 §7)', ['header: b64 that is true']),
  ...refused(SPELLING, ['spelled with padding', 'spelled with spare bits']),
  ...refused(BOUND, ['claims nested 40 deep']),
  ...refused(BOUND, ['a claim of 45 KiB'], { at: FORMAL }),
  ...FORMAL.map((place) => ({
    name: `${place} · a claim of 60 KiB`,
    ours: { status: 413, body: { detail: 'Request body is too large.' } },
    because: BOUND
  })),
  ...refused(UNTYPED, ['token_type: missing'], { words: 'Token has no type', at: ['verify', 'verify refresh'] }),
  ...refused(
    UNTYPED,
    [
      'token_type: another',
      'token_type: in capitals',
      'token_type: a number',
      'token_type: null',
      'token_type: a list'
    ],
    { words: 'Token has wrong type', at: ['verify', 'verify refresh'] }
  ),
  ...refused(DJANGO_NAME, [...NO_NAME, 'user_id: missing', 'user_id: null'], { at: ['verify'] }),
  ...refused(DJANGO_NAME, NO_NAME, { at: PAGES }),
  ...['user_id: nobody’s', 'user_id: no number'].flatMap((oddity) => accepted(BY_SUB, oddity)),
  ...accepted(FIELDS, 'a claim of 7 KiB'),
  ...['claims nested 4000 deep', 'a claim of 45 KiB', 'a claim of 60 KiB'].flatMap((oddity) =>
    PAGES.map((place) => ({ name: `${place} · ${oddity}`, ours: onPage(431, null), because: FIELDS }))
  )
]
