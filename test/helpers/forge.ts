import { createHmac, createSign, sign as cryptoSign, type KeyLike } from 'node:crypto'
import type { Keyring } from '../../gateway/tokens/index.js'

export const encode = (text: string) => Buffer.from(text, 'utf8').toString('base64url')
export const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString('utf8')

/** Signs header and claims as they are written, JSON or not: what no library would agree to. */
export function signText(header: string, claims: string, key: KeyLike, algorithm = 'ES256'): string {
  const input = `${encode(header)}.${encode(claims)}`
  if (algorithm === 'HS256')
    return `${input}.${createHmac('sha256', key as string)
      .update(input)
      .digest('base64url')}`
  if (algorithm === 'EdDSA') return `${input}.${cryptoSign(null, Buffer.from(input), key).toString('base64url')}`
  const signature = createSign('sha256')
    .update(input)
    .sign({ key: key as string, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** What a token of the gateway says, to be changed and signed again. */
export function openToken(token: string) {
  const [header, claims] = token.split('.')
  return {
    header: JSON.parse(decode(header)) as Record<string, unknown>,
    claims: JSON.parse(decode(claims)) as Record<string, unknown>
  }
}

/** Signs with the gateway's own key; a member set to undefined is left out. */
export function resign(
  keyring: Keyring,
  token: string,
  changed: { readonly header?: Record<string, unknown>; readonly claims?: Record<string, unknown> }
): string {
  const { header, claims } = openToken(token)
  const signing = keyring.signing()
  return signText(
    JSON.stringify({ ...header, ...changed.header }),
    JSON.stringify({ ...claims, ...changed.claims }),
    signing.signingKey,
    signing.algorithm
  )
}
