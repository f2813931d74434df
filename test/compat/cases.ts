import type { Case } from './asking.js'
import { methods, obtaining, otherMethods } from './cases-of-requests.js'
import { blacklisting, refreshing, sliding, verifying } from './cases-of-tokens.js'

export const cases: readonly Case[] = [
  ...obtaining,
  ...methods,
  ...otherMethods,
  ...refreshing,
  ...verifying,
  ...blacklisting,
  ...sliding
]
