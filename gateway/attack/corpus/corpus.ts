import type { Attack } from '../attack.js'
import { addresses } from './addresses.js'
import { browsers } from './browsers.js'
import { endpoints } from './endpoints.js'
import { framing } from './framing.js'
import { identity } from './identity.js'
import { logins } from './logins.js'
import { paths } from './paths.js'
import { rerouting } from './rerouting.js'
import { tokens } from './tokens.js'
import { upgrades } from './upgrades.js'

/** All attacks, in the order in which they are fired. */
export const corpus: readonly Attack[] = [
  ...paths,
  ...identity,
  ...rerouting,
  ...addresses,
  ...framing,
  ...upgrades,
  ...tokens,
  ...browsers,
  ...endpoints,
  ...logins
]
