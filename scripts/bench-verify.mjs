// `npm run bench -- verify [--rounds 15]`: microseconds of one core to verify an access token that has been seen before
// and one that has not, and beside them, in turn within one run, the bare check of the same signature by node:crypto,
// which nothing that verifies can be faster than. Single thread, no network.
import { createPublicKey, verify as verifyRaw } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './ready.mjs'

const TOKENS = 400
/** Times that all of them are looked up in a round: one look-up is too short to be timed. */
const LOOK_UPS = 50
/** Rounds before the first that counts: a gateway that serves is warm. */
const WARM_UP_ROUNDS = 12

const USER = {
  id: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  username: 'alice',
  roles: ['user', 'editor'],
  attributes: {},
  disabled: false,
  generation: 1
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** CPU microseconds of this process, which has one thread at work, for one of `count` things. */
function cost(count, work) {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

/** Access tokens of a keyring as the gateway makes them; each call has a memory of its own. */
function createTokens({ createAccessTokens, createRevocations }, keyring) {
  return createAccessTokens({
    keyring,
    revocations: createRevocations({ tokens: [], sessions: [], generations: [] }),
    issuer: 'https://gateway.example',
    audience: ['https://gateway.example'],
    accessMs: 900_000,
    claims: {},
    isCurrentClient: () => false
  })
}

/** What the bare check is given: everything decoded beforehand, and the key as the gateway keeps it. */
function readSigned(token, key) {
  const at = token.lastIndexOf('.')
  return { signed: Buffer.from(token.slice(0, at)), signature: Buffer.from(token.slice(at + 1), 'base64url'), key }
}

async function measure(gateway, algorithm, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  const keyring = await gateway.createKeyring({ kind: 'directory', path: join(folder, 'keys') }, algorithm)
  const issuing = createTokens(gateway, keyring)
  const ends = Date.now() / 1000 + 86_400
  const figures = { raw: [], new: [], known: [] }
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    const tokens = Array.from({ length: TOKENS }, (_, at) => issuing.issue(USER, `session${at}`, ends).token)
    const { kid } = JSON.parse(Buffer.from(tokens[0].split('.')[0], 'base64url').toString())
    const publicKey = createPublicKey(keyring.find(kid).verifyingKey)
    const signed = tokens.map((token) => readSigned(token, { key: publicKey, dsaEncoding: 'ieee-p1363' }))
    const verifying = createTokens(gateway, keyring)
    const holds = (token) => {
      const verdict = verifying.verify(token)
      if (typeof verdict === 'string') throw new Error(`a good token was refused: ${verdict}`)
    }
    const inTurn = {
      raw: cost(TOKENS, () => {
        for (const { signed: text, signature, key } of signed) {
          if (!verifyRaw(hash, text, key, signature)) throw new Error('a good signature was refused')
        }
      }),
      new: cost(TOKENS, () => tokens.forEach(holds)),
      known: cost(TOKENS * LOOK_UPS, () => {
        for (let time = 0; time < LOOK_UPS; time += 1) tokens.forEach(holds)
      })
    }
    if (round >= 0) for (const [name, value] of Object.entries(inTurn)) figures[name].push(value)
  }
  keyring.close?.()
  rmSync(folder, { recursive: true })
  return figures
}

/** Runs the measurement and prints a line for each algorithm and case. */
export async function benchVerify({ args }) {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '15' } } })
  const gateway = await import(join(root, 'dist', 'gateway', 'tokens', 'index.js'))
  process.stdout.write(`CPU microseconds to verify an access token, node ${process.versions.node}\n`)
  process.stdout.write(`${'what'.padEnd(28)}  median    best   ratio\n`)
  for (const algorithm of ['ES256', 'EdDSA']) {
    const figures = await measure(gateway, algorithm, Number(values.rounds))
    const base = median(figures.raw)
    for (const [name, what] of [
      ['raw', 'signature alone'],
      ['new', 'new token'],
      ['known', 'known token']
    ]) {
      const middle = median(figures[name])
      const cells = [middle, Math.min(...figures[name])].map((value) => value.toFixed(2).padStart(8))
      process.stdout.write(
        `${`${algorithm}, ${what}`.padEnd(28)}${cells.join('')}${(middle / base).toFixed(2).padStart(8)}\n`
      )
    }
  }
}
