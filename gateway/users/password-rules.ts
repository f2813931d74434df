import { commonPasswords } from './common-passwords.js'
import { opaquePassword } from './opaque-password.js'
import { UserMistake } from './user-mistake.js'

export interface PasswordPolicy {
  /** In characters. */
  readonly minLength: number
}

/** What names the product itself, which a list of leaked passwords does not know (NIST SP 800-63B §5.1.1.2). */
const ownWords = ['portcullis', 'administrator', 'gateway123']

const folded = (text: string) => text.normalize('NFKC').toLowerCase()
/** What is left of a text without the digits and signs around it. */
const core = (text: string) => text.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '')

/** Whether a text is a name, alone or with nothing but digits and signs around it. */
const isNamed = (text: string, name: string) => text === name || (core(name) !== '' && core(text) === core(name))

/** The password of a user as it was given, or `UserMistake`; the hasher brings it to its one form. */
export type PasswordRules = (username: string, password: string) => string

/** Makes the rules for a new password; `policy` is read each time. Passwords that are kept already are not asked. */
export function createPasswordRules(policy: () => PasswordPolicy): PasswordRules {
  // Some ten thousand words, which most runs of the command never need.
  let common: ReadonlySet<string> | null = null

  function isCommon(password: string): boolean {
    common ??= new Set([...commonPasswords.trim().split(/\s+/), ...ownWords])
    return common.has(password) || /^(.)\1*$/su.test(password)
  }

  return (username, password) => {
    const refuse = (why: string) => new UserMistake('bad_password', `The password ${why}.`)
    const opaque = opaquePassword(password)
    if (opaque === null) throw refuse('is empty, malformed or over 1024 bytes long')
    const { minLength } = policy()
    if ([...opaque].length < minLength) throw refuse(`is shorter than ${minLength} characters`)
    const plain = folded(opaque)
    if (isNamed(plain, folded(username))) throw refuse("is the user's own name")
    if (isCommon(plain)) throw refuse('is among the most common ones')
    return password
  }
}
