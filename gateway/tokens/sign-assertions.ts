import { createPrivateKey, sign } from 'node:crypto'
import type { SigningKey } from './key.js'
import type { Keyring } from './keyring.js'
import { perKey } from './per-key.js'

/**
 * What assertions are signed with: whoever verifies JWTs knows ES256, and it is the cheapest to sign of what others can
 * verify and not sign themselves. Ed25519 costs half as much again.
 */
export const ASSERTION_ALGORITHM = 'ES256'

/** Its own type (RFC 8725 §3.11), so that no access token passes for an assertion, nor the other way round. */
const TYPE = 'portcullis-assertion+jwt'

function prepareKey({ keyId, signingKey }: SigningKey) {
  const header = JSON.stringify({ alg: ASSERTION_ALGORITHM, typ: TYPE, kid: keyId })
  return {
    head: `${Buffer.from(header).toString('base64url')}.`,
    // RFC 7518 §3.4: the two numbers one after the other, not in DER.
    key: { key: createPrivateKey(signingKey), dsaEncoding: 'ieee-p1363' as const }
  }
}

/** Makes the function from the JSON of claims to the compact JWS (RFC 7515 §7.1), signed by whichever key is current. */
export function createAssertionSigner(keyring: Pick<Keyring, 'signing'>): (claims: string) => string {
  const preparedOf = perKey(prepareKey)
  return (claims) => {
    const { head, key } = preparedOf(keyring.signing())
    const signed = head + Buffer.from(claims, 'utf8').toString('base64url')
    return `${signed}.${sign('sha256', Buffer.from(signed, 'latin1'), key).toString('base64url')}`
  }
}
