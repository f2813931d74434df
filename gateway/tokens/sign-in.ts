import type { FastifyRequest } from 'fastify'
import type { User } from '../domain.js'
import { Problem } from '../problems.js'
import { type AuthEndpointOptions, isThrottled } from './auth-endpoints.js'

export type SignInOptions = Pick<AuthEndpointOptions, 'authenticateUser' | 'admitLogin' | 'report'>

interface Opened {
  readonly user: User
  readonly sessionId: string
}

/**
 * One attempt to sign in, counted before the password is hashed, and told to the audit stream whatever becomes of it.
 * `open` opens the session; null: the user changed meanwhile. Throws `invalid_credentials` and `login_throttled`.
 */
export async function signIn<Grant extends Opened>(
  { authenticateUser, admitLogin, report }: SignInOptions,
  request: FastifyRequest,
  { username, password }: { readonly username: string; readonly password: string },
  open: (user: User) => Promise<Grant | null>
): Promise<Grant> {
  const failed = (event: 'login_failed' | 'login_throttled') => report(request, { event, username })
  const withReport = (error: unknown) => {
    if (isThrottled(error)) failed('login_throttled')
    return error
  }
  const admit = () => {
    try {
      return admitLogin(username, request)
    } catch (error) {
      throw withReport(error)
    }
  }
  const attempt = admit()
  let grant: Grant | null
  try {
    const user = await authenticateUser(username, password, attempt.knows)
    grant = user === null ? null : await open(user)
  } catch (error) {
    attempt.withdrawn()
    throw withReport(error)
  }
  if (grant === null) {
    failed('login_failed')
    throw new Problem('invalid_credentials')
  }
  attempt.succeeded()
  const { user, sessionId } = grant
  report(request, { event: 'login', subject: user.id, username: user.username, sessionId })
  return grant
}
