/**
 * A process, with --expose-gc, that verifies distinct tokens as a gateway does and says, every tenth of them, how large
 * its heap is once the garbage is gone: one number a line, in octets.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccessTokens, createKeyring, createRevocations } from '../../gateway/tokens/index.js'
import { signText } from '../helpers/forge.js'
import { settingsOf } from '../helpers/gateway.js'
import { NOWHERE, site } from '../helpers/site.js'

const SECRET = 'a secret of at least thirty-two octets'
const [number = '', padding = '0'] = process.argv.slice(2)
const collect = globalThis.gc
if (collect === undefined) throw new Error('start it with --expose-gc')

const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
const { tokens } = settingsOf(site(NOWHERE, `tokens: { algorithm: HS256, keys: { secret: "${SECRET}" } }`), folder)
rmSync(folder, { recursive: true })
const keyring = await createKeyring(tokens.keys, tokens.algorithm)
const revocations = createRevocations({ tokens: [], sessions: [], generations: [] })
const accessTokens = createAccessTokens({ ...tokens, keyring, revocations, isCurrentClient: () => true })
const header = JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: keyring.signing().keyId })
const now = Math.floor(Date.now() / 1000)
const times = { iat: now, nbf: now, exp: now + 900 }

function tokenOf(index: number): string {
  const who = {
    sub: `user-${index}`,
    username: `user-${index}`,
    sid: `session-${index}`,
    jti: `token-${index}`,
    gen: 0
  }
  const claims = {
    iss: tokens.issuer,
    aud: tokens.audience,
    ...times,
    ...who,
    roles: ['user'],
    pad: 'x'.repeat(Number(padding))
  }
  return signText(header, JSON.stringify(claims), SECRET, 'HS256')
}

const verified = () => {
  collect()
  process.stdout.write(`${process.memoryUsage().heapUsed}\n`)
}
for (let index = 1; index <= Number(number); index += 1) {
  const found = accessTokens.verify(tokenOf(index))
  if (typeof found === 'string') throw new Error(found)
  if (index % Math.floor(Number(number) / 10) === 0) verified()
}
