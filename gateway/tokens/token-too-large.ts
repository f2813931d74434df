import type { User } from '../domain.js'
import { Problem } from '../problems.js'

/**
 * A token longer than this is none of ours: Node reads 16 KiB of header fields. A user with all the roles and
 * attributes that a user may have fits, unless the settings say attributes more than once or have very long names.
 */
export const LONGEST_TOKEN = 14 * 1024

/** Whom a token is about: a user, or a service by its client id. */
type Owner = Pick<User, 'id' | 'username'>

/** No token can be issued that is accepted anywhere. Operators are told whose, for they alone can mend it. */
export class TokenTooLarge extends Problem {
  readonly owner: Owner
  readonly characters: number

  constructor(owner: Owner, characters: number) {
    const detail = `The roles and attributes of this account make a token of ${characters} characters; ${LONGEST_TOKEN} are the most.`
    super('token_too_large', { detail })
    this.owner = owner
    this.characters = characters
  }
}
