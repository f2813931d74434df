import type { Claims, Principal } from '../domain.js'

/**
 * A name that nobody else can come to have: that of a user of our own store. The names that other issuers give can be
 * changed there, so of their users it is the subject; a service is told from users by its prefix.
 */
const userOf = ({ issuer, subject, username }: Principal): string =>
  issuer === 'self' ? (username ?? `client:${subject}`) : subject

/** An address that the issuer knows to be unproved names nobody: whoever signs up there can have written it. */
const emailOf = ({ email, email_verified: verified }: Claims): unknown =>
  verified === false || verified === 'false' ? undefined : email

/** A claim by its name, or else by the names of members from the outside in; a name with `/` or `:` is one name. */
function readClaim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  if (!name.includes('.') || /[/:]/.test(name)) return undefined
  return name.split('.').reduce<unknown>((value, member) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return Object.hasOwn(value, member) ? Reflect.get(value, member) : undefined
  }, claims)
}

/** What the upstream can be told of a principal, by its name in the settings; `*` is the JSON of all claims, base64url. */
export function readSource(principal: Principal, name: string): unknown {
  switch (name) {
    case 'sub':
      return principal.subject
    case 'user':
      return userOf(principal)
    case 'username':
      return principal.username
    case 'roles':
      return principal.roles
    case 'scopes':
      return principal.scopes
    case 'issuer':
      return principal.issuer
    case 'session':
      return principal.sessionId
    case 'email':
      return emailOf(principal.claims)
    case '*':
      return Buffer.from(JSON.stringify(principal.claims)).toString('base64url')
    default:
      return readClaim(principal.claims, name)
  }
}
