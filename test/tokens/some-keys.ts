/** What the tests of keys share: keys as others write them, folders for them, and tokens signed by a keyring. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { User } from '../../gateway/domain.js'
import { createAccessTokens, createRevocations, type Keyring, type KeySource } from '../../gateway/tokens/index.js'

export const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
export const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
export const jwk = (key: KeyObject, more: object = {}) => JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })
export const ec = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve })
export const rsa = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength })

/** A folder of its own, with these files in it. */
export function makeKeyFolder(t: Test, files: Readonly<Record<string, string | Buffer>> = {}, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) putKey(folder, name, content, mode)
  return folder
}

export function putKey(folder: string, name: string, content: string | Buffer, mode = 0o600): string {
  writeFileSync(join(folder, name), content)
  chmodSync(join(folder, name), mode)
  return join(folder, name)
}

export const directory = (path: string, more: Partial<Extract<KeySource, { kind: 'directory' }>> = {}): KeySource => ({
  kind: 'directory',
  path,
  ...more
})

export const alice: User = {
  id: 'u-alice',
  username: 'alice',
  roles: ['user'],
  attributes: {},
  disabled: false,
  generation: 1,
  createdAt: 0,
  lastLoginAt: null
}

/** Access tokens of a keyring, without the gateway and the sessions around it. */
export function tokensOf(keyring: Keyring, accessMs = 900_000) {
  const tokens = createAccessTokens({
    keyring,
    revocations: createRevocations({ tokens: [], sessions: [], generations: [] }),
    issuer: 'https://gateway.test',
    audience: ['api'],
    accessMs,
    claims: {},
    isCurrentClient: () => false
  })
  return {
    ...tokens,
    issue: (user: User, sessionId: string, lifetimeMs?: number) =>
      tokens.issue(user, sessionId, Number.POSITIVE_INFINITY, lifetimeMs)
  }
}

/** The key id that a token names. */
export function keyIdOf(token: string): string {
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as { kid: string }
  return kid
}
