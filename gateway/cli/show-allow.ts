import type { Allow } from '../domain.js'
import { describeAllow } from '../policy/index.js'

/** Who may enter, in words. */
export const showAllow = (allow: Allow): string =>
  allow.kind === 'authenticated' ? 'anyone signed in' : describeAllow(allow)
