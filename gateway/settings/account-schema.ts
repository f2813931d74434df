/** What passwords must be, and how they are kept. */
import { choice, flag, type Leaf, leaf, refuse } from './leaves.js'
import { section } from './sections.js'

function wholeNumber(least: number, most: number): Leaf<number> {
  const json = { type: 'integer', minimum: least, maximum: most }
  return leaf(`a whole number from ${least} to ${most}`, json, (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    const fits = typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
    return fits ? number : refuse()
  })
}

const kibibytes: ReadonlyMap<string, number> = new Map([
  ['kb', 1],
  ['mb', 1024],
  ['gb', 1024 * 1024]
])

/** KiB of `512kb`, `19mb`, `1gb`; units are powers of 1024. */
function memory(mostGb: number): Leaf<number> {
  const pattern = /^(\d{1,9})(kb|mb|gb)$/
  return leaf('a size such as 19mb', { type: 'string', pattern: pattern.source }, (value) => {
    if (/^\d+$/.test(String(value))) return refuse(null, `write ${value}mb`)
    const [, amount, unit] = pattern.exec(String(value)) ?? []
    if (unit === undefined) return refuse()
    const size = Number(amount) * (kibibytes.get(unit) ?? Number.NaN)
    if (size < 8) return refuse('must be at least 8kb')
    return size > mostGb * 1024 * 1024 ? refuse(`must be at most ${mostGb}gb`) : size
  })
}

export const passwordRules = section({
  min_length: wholeNumber(8, 128).prefault(8).describe('The fewest characters of a new password.')
})
  .prefault({})
  .describe('What a new password must be; common ones and the own name are refused too.')

export const passwordHash = section({
  algorithm: choice(['argon2id']).prefault('argon2id').describe('How passwords are hashed.'),
  memory: memory(4).prefault('19mb').describe('Memory of one hash.'),
  passes: wholeNumber(1, 100).prefault(2).describe('Passes over the memory.'),
  parallelism: wholeNumber(1, 16).prefault(1).describe('Lanes of the memory.'),
  insecure_weak_hash: flag().prefault(false).describe("Accepts parameters below OWASP's minimum.")
})
  .prefault({})
  .describe('The hash of passwords; those kept with other parameters are replaced when their users sign in.')
