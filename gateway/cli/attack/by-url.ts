/** The ground of a gateway that runs already: only what a stranger, or one user of it, can know. */
import {
  type Account,
  type Door,
  type Forgery,
  fire,
  type Ground,
  openToken,
  type Position,
  signIn
} from '../../attack/index.js'
import type { Settings } from '../../settings/index.js'
import { Fault } from '../fault.js'
import { choosePlaces } from './places.js'

export interface UrlOptions {
  /** Where strangers and the user are refused; null: as the settings say, or a guess. */
  readonly path: string | null
  /** What strangers may reach; null: as the settings say, or unknown. */
  readonly open: string | null
  /** Of the user. */
  readonly token: string | null
  readonly credentials: { readonly username: string; readonly password: string } | null
  readonly settings: Settings | null
}

const GUESSED_PATH = '/api/admin/attack'
const GUESSED_PREFIX = '/auth'
const GUESSED_NAMES = ['X-User-Id', 'X-User-Name', 'X-User-Roles']

/** RFC 6761 §6.3, RFC 5735 §3, RFC 4291 §2.5.3: this machine and no other. */
export const isThisMachine = ({ hostname }: URL): boolean =>
  /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/.test(hostname)

const doorOf = (url: URL): Door => ({
  host: url.hostname.replaceAll(/[[\]]/g, ''),
  port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
  tls: url.protocol === 'https:',
  verify: !isThisMachine(url)
})

async function getJson(door: Door, host: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  const { answers } = await fire(door, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  try {
    const body: unknown = JSON.parse(answers[0]?.body ?? '')
    return typeof body === 'object' && body !== null ? { ...body } : {}
  } catch {
    return {}
  }
}

/** What a forger knows: the published keys, and the token of a user made out to an admin. */
async function learnForgery(door: Door, host: string, url: URL, token: string | null): Promise<Forgery> {
  const { keys } = await getJson(door, host, '/.well-known/jwks.json')
  const published = Array.isArray(keys) ? keys : []
  const { issuer = url.origin } = await getJson(door, host, '/.well-known/oauth-authorization-server')
  const now = Math.floor(Date.now() / 1000)
  const guess = {
    header: { alg: published[0]?.alg ?? 'ES256', typ: 'at+jwt', kid: published[0]?.kid ?? 'key' },
    claims: { iss: issuer, aud: issuer, sub: 'admin', jti: 'forged', sid: 'forged', gen: 1, iat: now, exp: now + 900 }
  }
  const opened = (token === null ? null : openToken(token)) ?? guess
  return {
    header: opened.header,
    claims: { ...opened.claims, username: 'admin', roles: ['admin'], scope: 'admin' },
    genuine: token,
    keys: published,
    sign: null
  }
}

async function enter(door: Door, host: string, path: string, { credentials, token }: UrlOptions) {
  if (credentials === null) return { account: null, token }
  const tokens = await signIn(door, { host, path }, credentials)
  if (tokens === null) throw new Fault(`portcullis: ${credentials.username} could not sign in at ${path}`)
  return { account: { ...credentials, refreshToken: tokens.refresh } satisfies Account, token: tokens.access }
}

export async function groundAt(url: URL, options: UrlOptions): Promise<Ground> {
  const { settings, path, open } = options
  const door = doorOf(url)
  const { host } = url
  const prefix = settings?.auth.prefix ?? GUESSED_PREFIX
  const places = settings === null ? null : choosePlaces(settings, host, path)
  const { account, token } = await enter(door, host, `${prefix}/login`, options)
  const at = (known: Omit<Position, 'token'> | undefined, otherwise: string, shown: string | null): Position => ({
    ...(known ?? { method: 'GET', host, path: otherwise, closedToAllMethods: true }),
    token: shown
  })
  const closed = places?.positions['stranger-refused']
  const passing = open === null ? places?.positions['stranger-passes'] : undefined
  const strangers = passing === undefined && open === null ? null : at(passing, open ?? '', null)
  const refused = at(closed, path ?? GUESSED_PATH, null)
  const own = { method: 'GET', host, path: `${prefix}/userinfo`, closedToAllMethods: false }
  return {
    door,
    positions: {
      'stranger-refused': refused,
      ...(token === null ? {} : { 'user-refused': { ...refused, token } }),
      ...(strangers === null ? {} : { 'stranger-passes': strangers }),
      ...(strangers === null || token === null ? {} : { 'user-passes': { ...strangers, token } }),
      'token-passes': token === null ? refused : { ...own, token },
      endpoint: { method: 'GET', host, path: `${prefix}/login`, token: null, closedToAllMethods: false }
    },
    open: strangers === null ? null : strangers.path.slice(0, strangers.path.lastIndexOf('/')) || strangers.path,
    prefix,
    forgery: await learnForgery(door, host, url, token),
    account,
    identityNames: settings === null ? GUESSED_NAMES : Object.keys(settings.identity.headers),
    takeArrivals: null,
    tellsCasesApart: settings?.rules.some(({ paths }) => paths.case === 'sensitive') ?? false,
    takeCrashes: () => []
  }
}
