import type { Case } from './asking.js'
import { bodies } from './cases-of-bodies.js'
import { manners } from './cases-of-manners.js'
import { oddTokens } from './cases-of-odd-tokens.js'
import { methods, obtaining, otherMethods } from './cases-of-requests.js'
import { brief, lenient } from './cases-of-times.js'
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

/** What has settings of its own. */
export const timely: readonly Case[] = [...lenient, ...brief]

/** What is odd and the same whatever the settings. */
export const oddities: readonly Case[] = [...bodies, ...manners, ...oddTokens]
