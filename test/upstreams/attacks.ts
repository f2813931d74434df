/** What every recipe is tried with. */
import { generateKeyPairSync } from 'node:crypto'
import type { Test } from 'tap'
import { encode, openToken, resign, signText } from '../helpers/forge.js'
import { bearer } from '../helpers/gateway.js'
import type { Recipe } from './recipe.js'

const FIELD = 'x-portcullis-assertion'

const statusOf = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(url, { headers, redirect: 'manual' })).status

const now = () => Math.floor(Date.now() / 1000)

/** Tokens that are not good for the service, made of one that is. */
async function spoil({ gateway: { resources, url } }: Recipe, token: string): Promise<Record<string, string>> {
  const { header, claims } = openToken(token)
  const again = (changed: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    resign(resources.keyring, token, { claims: changed, header: more })
  const [head, , signature] = token.split('.')
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' }
  })
  const keySet = await (await fetch(`${url}/.well-known/jwks.json`)).text()
  const texts = (more: object) => [JSON.stringify({ ...header, ...more }), JSON.stringify(claims)] as const
  return {
    'alg none': `${texts({ alg: 'none' }).map(encode).join('.')}.`,
    'alg none, with a signature': `${texts({ alg: 'none' }).map(encode).join('.')}.${signature}`,
    'the key set as a secret': signText(...texts({ alg: 'HS256' }), keySet, 'HS256'),
    'another key': signText(...texts({}), privateKey),
    'another key, said in the token': signText(...texts({ kid: 'x', jku: `${url}/x` }), privateKey),
    'a changed claim': `${head}.${encode(JSON.stringify({ ...claims, sub: 'mallory' }))}.${signature}`,
    'of another issuer': again({ iss: 'https://evil.example' }),
    'for another audience': again({ aud: 'other' }),
    'for no audience': again({ aud: undefined }),
    expired: again({ exp: now() - 120 }),
    'without an end': again({ exp: undefined }),
    'not good yet': again({ nbf: now() + 3600 })
  }
}

/** A service that verifies tokens takes good ones from anywhere, and no others. */
export async function tryTokens(
  t: Test,
  recipe: Recipe,
  { path, token, others = {} }: { path: string; token: string; others?: Record<string, string> }
): Promise<void> {
  const { gateway, url } = recipe
  t.equal(await statusOf(`${gateway.url}${path}`, bearer(token)), 200, 'through the gateway')
  t.equal(await statusOf(`${url}${path}`, bearer(token)), 200, 'a good one, past the gateway')
  t.equal(await statusOf(`${url}${path}`), 401, 'none')
  const bad = { ...(await spoil(recipe, token)), ...others, 'no token at all': 'a.b.c' }
  for (const [name, one] of Object.entries(bad)) t.equal(await statusOf(`${url}${path}`, bearer(one)), 401, name)
}

const SPELLINGS = ['X-User-Id', 'x-user-id', 'X_User_Id', 'X-User_Id', 'Remote-User', 'Remote_User', 'REMOTE_USER']

/** What a client says of itself in fields never arrives through the gateway. */
export async function tryFields(
  t: Test,
  { gateway, url }: Recipe,
  { path, token, seen, forged }: { path: string; token: string; seen: object; forged: Record<string, string> }
): Promise<void> {
  for (const name of SPELLINGS) {
    const said = { [name]: 'mallory', 'X-User-Roles': 'admin' }
    const response = await fetch(`${gateway.url}${path}`, { headers: { ...bearer(token), ...said } })
    t.match(await response.json(), seen, name)
    t.equal(await statusOf(`${gateway.url}/open${path}`, said), 401, `${name} of a stranger`)
    t.equal(await statusOf(`${gateway.url}${path}`, said), 401, `${name} without a token`)
  }
  t.equal(await statusOf(`${url}${path}`), 401, 'past the gateway, without a field')
  t.equal(await statusOf(`${url}${path}`, bearer(token)), 401, 'a token is no field')
  t.equal(await statusOf(`${url}${path}`, forged), 200, 'why nobody else may reach it')
}

/** A service that verifies assertions takes what was signed for it and for this request. */
export async function tryAssertions(t: Test, { gateway, url, other }: Recipe, token: string): Promise<void> {
  t.equal(await statusOf(`${gateway.url}/assertion?a=%20b`, bearer(token)), 200, 'through the gateway')
  await fetch(`${gateway.url}/other/x`, { headers: bearer(token) })
  const { headers } = other.last()
  const [elsewhere, id] = [String(headers[FIELD]), String(headers['x-request-id'])]
  const keyring = gateway.resources.assertionKeyring
  if (keyring === null) throw new Error('nothing is signed')
  const again = (claims: object) =>
    resign(keyring, elsewhere, { claims: { aud: 'orders', path: '/assertion', ...claims } })
  const ask = (assertion: string, path = '/assertion') =>
    statusOf(`${url}${path}`, { [FIELD]: assertion, 'x-request-id': id })
  t.equal(await ask(again({})), 200, 'one for this very request')
  t.equal(await statusOf(`${url}/assertion`), 401, 'none')
  t.equal(await statusOf(`${url}/assertion`, { 'x-user-id': 'mallory', ...bearer(token) }), 401, 'other proof')
  t.equal(await ask(elsewhere), 401, 'of another upstream')
  t.equal(await ask(token), 401, 'an access token')
  t.equal(await ask(again({}), '/assertion?x'), 401, 'for another query')
  t.equal(await ask(again({ htm: 'POST' })), 401, 'for another method')
  t.equal(await ask(again({ exp: now() - 60 })), 401, 'expired')
  t.equal(await ask(again({ iss: 'https://evil.example' })), 401, 'of another issuer')
  const good = openToken(again({}))
  const none = [{ ...good.header, alg: 'none' }, good.claims].map((part) => encode(JSON.stringify(part))).join('.')
  t.equal(await ask(`${none}.`), 401, 'alg none')
  t.equal(await statusOf(`${gateway.url}/assertion`, { [FIELD]: again({}) }), 401, "a client's own")
}
