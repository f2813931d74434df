/** What passwords must be, and how they are kept. */
import { choice, flag, type Leaf, leaf, refuse } from './leaves.js'
import { section } from './sections.js'
import { size } from './size-leaf.js'

function wholeNumber(least: number, most: number): Leaf<number> {
  const json = { type: 'integer', minimum: least, maximum: most }
  return leaf(`a whole number from ${least} to ${most}`, json, (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    const fits = typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
    return fits ? number : refuse()
  })
}

/** In KiB. */
const memory = size({ least: '8kb', most: '4gb', example: '19mb' }).transform((octets) => octets / 1024)

export const passwordRules = section({
  min_length: wholeNumber(8, 128).prefault(8).describe('The fewest characters of a new password.')
})
  .prefault({})
  .describe('What a new password must be; common ones and the own name are refused too.')

export const passwordHash = section({
  algorithm: choice(['argon2id']).prefault('argon2id').describe('How passwords are hashed.'),
  memory: memory.prefault('19mb').describe('Memory of one hash.'),
  passes: wholeNumber(1, 100).prefault(2).describe('Passes over the memory.'),
  parallelism: wholeNumber(1, 16).prefault(1).describe('Lanes of the memory.'),
  insecure_weak_hash: flag().prefault(false).describe("Accepts parameters below OWASP's minimum.")
})
  .prefault({})
  .describe('The hash of passwords; those kept with other parameters are replaced when their users sign in.')
