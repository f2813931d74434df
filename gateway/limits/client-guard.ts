import { createLoginGuard, type LoginGuard } from './login-guard.js'

/**
 * A secret of 32 bytes is not guessed, so the window is short: a service that has been left with an old secret must not
 * shut out for long those beside it, which share its network and perhaps its name.
 */
const CLIENT_LIMITS = {
  perAccountAndNetwork: 30,
  perNetwork: 300,
  perAccount: Number.POSITIVE_INFINITY,
  windowMs: 60_000
}

/** Limits wrong secrets per client and network and per network, as the login guard does wrong passwords. */
export function createClientGuard(): LoginGuard {
  return createLoginGuard(() => CLIENT_LIMITS)
}
