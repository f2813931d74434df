/**
 * Attack: a public corpus of ways past a gateway, and what fires them over raw sockets and judges from outside.
 * Knows: bytes of HTTP/1.1, what forged tokens look like, what is due to whom. Never knows: this gateway's code. What
 * it is told of the ground (paths, tokens, a recording upstream) is handed in.
 * State: none but that of a recorder, which is closed by whoever started it.
 */
export {
  type Account,
  type Attack,
  FAMILIES,
  type Family,
  type Forgery,
  type Position,
  type PositionName,
  type Shot
} from './attack.js'
export { corpus } from './corpus/corpus.js'
export { IDENTITY_NAMES } from './corpus/identity.js'
export { type Door, fire } from './fire.js'
export { createSigner, openToken } from './forge.js'
export { type Ground, type Survey, survey } from './ground.js'
export { type Fault, shown } from './judge.js'
export { type Recorder, startRecorder } from './recorder.js'
export { fireAll, type Outcome, type Result, type RunOptions } from './run.js'
export { signIn } from './sign-in.js'
