import type { Principal } from '../domain.js'

/**
 * The key of who asks. A service's own token belongs to no session; its name is one that the settings give, and must
 * not be counted with whatever subject somebody else's tokens may have.
 */
export function subjectKey({ subject, issuer, sessionId }: Principal): string {
  return issuer === 'self' && sessionId === null ? `client:${subject}` : `user:${subject}`
}
