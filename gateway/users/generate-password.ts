import { randomInt } from 'node:crypto'

// Without 0 O o, 1 l I: it is read off a screen and typed. Letters and digits need no quotes in a shell.
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'
const length = 24

/** A random password of 24 letters and digits, 139 bits. */
export function generatePassword(): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
