/**
 * Project Wycheproof's vectors through the code that accepts signatures of others: `readCompactJws`, `readKeySet`,
 * `chooseKey`, `verifySignature`. Out of scope are the groups with symmetric keys (`oct`, HS256): no issuer may have one,
 * so all of their tokens are refused here, the valid ones too; and what `deliberate` names.
 *
 * Run by hand, because the vectors are not part of this repository: after `npm run build`,
 * `node dist/test/by-hand/agrees-with-wycheproof.js …/wycheproof/testvectors_v1` (https://github.com/C2SP/wycheproof).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readCompactJws } from '../../gateway/tokens/compact-jws.js'
import { algorithmsOf, type PublicKeyAlgorithm, verifySignature } from '../../gateway/tokens/jws-signature.js'
import { chooseKey, readKeySet } from '../../gateway/tokens/key-set.js'

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws: unknown
  readonly result: 'valid' | 'invalid'
}

type Key = Readonly<Record<string, unknown>>

interface File {
  readonly numberOfTests: number
  readonly testGroups: readonly {
    readonly comment: string
    readonly public?: Key
    readonly private: Key
    readonly tests: readonly Vector[]
  }[]
}

const [, , vectors] = process.argv
if (vectors === undefined) throw new Error('name the folder of the vectors: …/wycheproof/testvectors_v1')

const read = (name: string): File => JSON.parse(readFileSync(join(vectors, name), 'utf8'))

const every = [
  ...algorithmsOf('RSA', undefined),
  ...['P-256', 'P-384', 'P-521'].flatMap((curve) => algorithmsOf('EC', curve)),
  'EdDSA'
] as const

/** Whether a token is accepted with the keys of a set: as for tokens of an issuer, before any claim is read. */
function accepts(jws: unknown, keys: readonly unknown[]): boolean {
  const read = readCompactJws(typeof jws === 'string' ? jws : JSON.stringify(jws))
  const set = readKeySet({ keys })
  if (read === null || set === null) return false
  const { alg, kid } = read.header
  const algorithm = every.find((name): name is PublicKeyAlgorithm => name === alg)
  if (algorithm === undefined || (kid !== undefined && typeof kid !== 'string')) return false
  const key = chooseKey(set, algorithm, kid ?? null)
  return key !== null && verifySignature(algorithm, key.key, read.signed, read.signature)
}

/** Valid by the signature alone, and refused here on purpose. */
const deliberate: ReadonlyMap<number, string> = new Map([
  ...[259, 264, 268, 272, 320, 325].map((tcId) => [tcId, 'an empty payload is no claims'] as const),
  [346, 'the key is for PS256, the token is PS384'],
  [350, 'the key is for PS256, the token is PS384'],
  [347, 'the key is for ES521, which is no algorithm'],
  [351, 'the key is for ES521, which is no algorithm']
])

t.test('signatures', async (t) => {
  const { testGroups, numberOfTests } = read('json_web_signature_test.json')
  let run = 0
  let valid = 0
  for (const group of testGroups) {
    const key = group.public ?? group.private
    for (const { tcId, comment, jws, result } of group.tests) {
      run += 1
      const expected = result === 'valid' && key.kty !== 'oct' && !deliberate.has(tcId)
      if (expected) valid += 1
      t.equal(accepts(jws, [key]), expected, `${tcId} ${group.comment} ${comment}`)
    }
  }
  t.equal(run, numberOfTests)
  t.equal(valid, 26, 'accepted')
})

t.test('what was refused on purpose has a good signature', async (t) => {
  const { testGroups } = read('json_web_signature_test.json')
  for (const group of testGroups) {
    for (const { tcId, comment, jws } of group.tests) {
      if (!deliberate.has(tcId) || String(jws).includes('..')) continue
      const { alg: _, ...open } = group.public ?? group.private
      t.ok(accepts(jws, [open]), `${tcId} ${comment}: accepted by a key that is not pinned`)
    }
  }
})

t.test('key sets', async (t) => {
  const { testGroups } = read('json_web_key_test.json') as unknown as {
    testGroups: readonly {
      comment: string
      public?: { keys: Key[] }
      private: { keys: Key[] }
      tests: readonly Vector[]
    }[]
  }
  /** A weakness of the factors, which shows in the modulus of one maker of chips; the issuer's to look after. */
  const outOfScope = new Set(['jws_rsa_roca_key'])
  let accepted = 0
  for (const group of testGroups) {
    if (outOfScope.has(group.comment)) continue
    const { keys } = group.public ?? group.private
    for (const { tcId, comment, jws, result } of group.tests) {
      const symmetric = keys.every(({ kty }) => kty === 'oct')
      const expected = result === 'valid' && !symmetric
      if (expected) accepted += 1
      t.equal(accepts(jws, keys), expected, `${tcId} ${group.comment} ${comment}`)
    }
  }
  t.ok(accepted > 0)
})
