import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { readCompactJws } from '../../gateway/tokens/compact-jws.js'
import { type PublicKeyAlgorithm, verifySignature } from '../../gateway/tokens/jws-signature.js'
import { secretKey } from '../../gateway/tokens/key.js'
import { createSignatureCheck } from '../../gateway/tokens/key-signature.js'

const payload = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'

const signed: readonly (readonly [name: string, PublicKeyAlgorithm, jwk: Record<string, string>, jws: string])[] = [
  [
    'RFC 7515 A.2',
    'RS256',
    {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB'
    },
    `eyJhbGciOiJSUzI1NiJ9.${payload}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`
  ],
  [
    'RFC 7515 A.3',
    'ES256',
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'
    },
    `eyJhbGciOiJFUzI1NiJ9.${payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`
  ],
  [
    'RFC 8037 A.4',
    'EdDSA',
    { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'
  ]
]

/** The last octet of the signature, changed. */
const spoilt = (signature: Buffer) => {
  const changed = Buffer.from(signature)
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  return changed
}

t.test('signatures that the RFCs show are accepted, and no other over the same', async (t) => {
  for (const [name, algorithm, jwk, text] of signed) {
    const jws = readCompactJws(text)
    if (jws === null) throw new Error(`${name} cannot be read`)
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    t.equal(jws.header.alg, algorithm, name)
    t.ok(verifySignature(algorithm, key, jws.signed, jws.signature), name)
    t.notOk(verifySignature(algorithm, key, jws.signed, spoilt(jws.signature)), `${name}, spoilt`)
  }
})

t.test('RFC 7515 A.1 is accepted with its secret, and no other over the same', async (t) => {
  const secret = Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url'
  )
  const jws = readCompactJws(
    `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`
  )
  if (jws === null) throw new Error('it cannot be read')
  const holds = createSignatureCheck(secretKey(secret, 'the secret', 'HS256'))
  t.ok(holds(jws.signed, jws.signature))
  t.notOk(holds(jws.signed, spoilt(jws.signature)), 'spoilt')
  t.notOk(holds(jws.signed, jws.signature.subarray(0, 16)), 'cut')
})
