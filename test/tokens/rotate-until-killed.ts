/** A process that does nothing but rotate the keys of a folder, and says each key that signs. To be killed. */
import { createKeyring } from '../../gateway/tokens/index.js'
import { directory } from './some-keys.js'

const keyring = await createKeyring(directory(process.argv[2] ?? ''), 'ES256', { accessMs: 900_000 })
for (;;) {
  process.stdout.write(`${keyring.signing().keyId}\n`)
  await keyring.rotate(true)
  const retiring = keyring.list().filter(({ state }) => state === 'retiring')
  // Few enough that every round takes about the same time.
  for (const { keyId } of retiring.slice(0, -3)) await keyring.retire(keyId, true)
}
