/**
 * users: who may sign in. Canonical names, passwords and their hashes, roles and attributes.
 * It knows what a name, a password and a role may be, and that a stranger learns nothing from a refusal or its time.
 * It must never know tokens, sessions, HTTP, or how users are kept: the store's verbs arrive as an argument.
 * State: the hashes under way and waiting, and the parameters of new ones, in closures.
 */

export { quoted } from './account-rules.js'
export type { Admit } from './authenticate.js'
export { canonicalUsername } from './canonical-username.js'
export {
  type AccountPolicy,
  type AttributeChanges,
  type BoundedUser,
  createUsers,
  type Registration,
  type Users
} from './create-users.js'
export type { NamedDirectory } from './directory.js'
export { generatePassword } from './generate-password.js'
export { readsHash } from './hash-formats/read-hash.js'
export type { Imported, ImportManner } from './import-users.js'
export {
  createPasswordHasher,
  type HashCost,
  type PasswordHasher,
  type PasswordHasherOptions
} from './password-hasher.js'
export { UserMistake, type UserMistakeKind } from './user-mistake.js'
