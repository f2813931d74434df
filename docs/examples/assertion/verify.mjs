/**
 * Verifies X-Portcullis-Assertion. Needs Node 18 or later and nothing else; copy this file into your service.
 *
 *   import { createVerifier } from './verify.mjs'
 *   const verify = createVerifier({ gateway: 'https://gateway.internal', issuer: 'https://api.example.com', audience: 'orders' })
 *   const caller = await verify(request)      // node:http, Express, Fastify's request.raw; throws AssertionRefused
 *
 * Run by itself, it is a small service that lets nobody in without an assertion:
 *
 *   GATEWAY=http://127.0.0.1:8080 ISSUER=http://127.0.0.1:8080 AUDIENCE=orders PORT=9001 node verify.mjs
 */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto'
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const TYPE = 'portcullis-assertion+jwt'
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/
/** Clocks may differ by so much. */
const LEEWAY_SECONDS = 5
/** An unknown key is looked for so often at most, and an unreachable gateway asked. */
const PAUSE_MS = 5_000
const TIMEOUT_MS = 2_000
/** While the gateway cannot be reached, keys are good for so long. */
const STALE_MS = 60 * 60_000

/** Why a request has no valid assertion: answer 401. The reason is for your log. */
export class AssertionRefused extends Error {}

function refuseUnless(holds, reason) {
  if (!holds) throw new AssertionRefused(reason)
}

function readPart(part, what) {
  let value = null
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {}
  refuseUnless(typeof value === 'object' && value !== null && !Array.isArray(value), `the ${what} is no JSON object`)
  return value
}

/** The gateway's keys by their id, kept for as long as its answer says. */
function createKeySet(url) {
  let keys = new Map()
  let goodUntil = 0
  let staleUntil = 0
  let askedAt = Number.NEGATIVE_INFINITY
  let asking = null

  async function ask() {
    askedAt = Date.now()
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    const maxAge = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1]
    const found = new Map()
    for (const jwk of (await response.json()).keys) {
      if (jwk.kty !== 'EC' || jwk.crv !== 'P-256' || jwk.alg !== 'ES256' || typeof jwk.kid !== 'string') continue
      found.set(jwk.kid, createPublicKey({ key: jwk, format: 'jwk' }))
    }
    keys = found
    goodUntil = askedAt + Number(maxAge ?? 300) * 1000
    staleUntil = askedAt + STALE_MS
  }

  return async function keyOf(kid) {
    const now = Date.now()
    const wanted = now >= goodUntil || !keys.has(kid)
    if (asking === null && wanted && now - askedAt >= PAUSE_MS) {
      asking = ask().finally(() => {
        asking = null
      })
    }
    // A failure leaves the keys as they were.
    if (wanted && asking !== null) await asking.catch((error) => console.warn(`keys of the gateway: ${error.message}`))
    return Date.now() < staleUntil ? keys.get(kid) : undefined
  }
}

/**
 * Makes the verifier. `gateway`: where the gateway can be reached. `issuer`: its `tokens.issuer`. `audience`: what its
 * settings call this upstream. `header`: its `identity.assertion.header`. `once`: accepts each assertion a single time
 * (in this process; the gateway may repeat a safe request with the same one).
 */
export function createVerifier({ gateway, issuer, audience, header = 'x-portcullis-assertion', once = false }) {
  const keyOf = createKeySet(new URL('/.well-known/jwks.json', gateway))
  const used = new Map()

  function useOnce({ jti, exp }, now) {
    for (const [id, until] of used) if (until < now) used.delete(id)
    refuseUnless(!used.has(jti), 'it was used before')
    used.set(jti, exp + LEEWAY_SECONDS)
  }

  /** The claims: `sub`, `username`, `roles` and so on. `request` is that of node:http, or Express's. */
  return async function verify(request) {
    const assertion = request.headers[header.toLowerCase()]
    refuseUnless(typeof assertion === 'string', 'there is none')
    const [, head, body, signature] = COMPACT.exec(assertion) ?? []
    refuseUnless(head !== undefined, 'it is no ES256 JWS')

    const { typ, alg, kid, crit } = readPart(head, 'header')
    refuseUnless(
      typ === TYPE && alg === 'ES256' && typeof kid === 'string' && crit === undefined,
      'it is of another kind'
    )
    const key = await keyOf(kid)
    refuseUnless(key !== undefined, 'its key is not known')
    const signed = Buffer.from(`${head}.${body}`)
    const isSigned = verifySignature(
      'sha256',
      signed,
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url')
    )
    refuseUnless(isSigned, 'its signature is wrong')

    const claims = readPart(body, 'payload')
    const now = Date.now() / 1000
    refuseUnless(claims.iss === issuer, 'it is of another issuer')
    refuseUnless(claims.aud === audience, 'it is for another upstream')
    refuseUnless(typeof claims.sub === 'string' && claims.sub !== '', 'it names nobody')
    refuseUnless(Number.isFinite(claims.exp) && claims.exp + LEEWAY_SECONDS > now, 'it has expired')
    refuseUnless(Number.isFinite(claims.nbf) && claims.nbf - LEEWAY_SECONDS <= now, 'it is not good yet')

    // Routers that are mounted below a path rewrite `url` and keep what came.
    const [path, ...query] = (request.originalUrl ?? request.url).split('?')
    const queryHash = createHash('sha256').update(query.join('?')).digest('base64url')
    refuseUnless(claims.htm === request.method, 'it is for another method')
    refuseUnless(claims.path === path, 'it is for another path')
    refuseUnless(claims.query_hash === queryHash, 'it is for another query')
    refuseUnless(claims.request_id === request.headers['x-request-id'], 'it is for another request')
    if (once) useOnce(claims, now)
    return claims
  }
}

/** The service of the usage above. */
async function serve({ GATEWAY, ISSUER, AUDIENCE, PORT }) {
  const verify = createVerifier({ gateway: GATEWAY, issuer: ISSUER, audience: AUDIENCE })
  const server = createServer(async (request, response) => {
    try {
      const { sub, username, roles } = await verify(request)
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ sub, username, roles }))
    } catch (error) {
      if (!(error instanceof AssertionRefused)) throw error
      console.warn(`refused ${request.method} ${request.url}: ${error.message}`)
      response.writeHead(401).end()
    }
  })
  server.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await serve(process.env)
