import fc from 'fast-check'
import t from 'tap'
import {
  createRefreshToken,
  createSessionId,
  sealSuccessor,
  unsealSuccessor
} from '../../gateway/tokens/refresh-token.js'

const token = () => createRefreshToken(createSessionId())

t.test('a seal opens with the predecessor and with no other token', async (t) => {
  const [first, second, other] = [token(), token(), token()]
  const sealed = sealSuccessor(first, second)
  t.equal(unsealSuccessor(first, sealed), second)
  t.throws(() => unsealSuccessor(other, sealed))
  t.notOk(Buffer.from(sealed).includes(second), 'nor can it be read as it is')
})

t.test('no octet of a seal can be changed', async (t) => {
  const [first, second] = [token(), token()]
  const sealed = sealSuccessor(first, second)
  const at = fc.nat(sealed.length - 1)
  const changes = fc.property(at, fc.integer({ min: 1, max: 255 }), (place, bits) => {
    const changed = Uint8Array.from(sealed, (octet, index) => (index === place ? octet ^ bits : octet))
    t.throws(() => unsealSuccessor(first, changed))
  })
  fc.assert(changes, { numRuns: 50 })
})

t.test('what goes to the store is the seal and no memory around it', async (t) => {
  const sealed = sealSuccessor(token(), token())
  t.equal(sealed.buffer.byteLength, sealed.byteLength)
})
