/** What claims must be before anything is made of them: a claim of another type is no claim. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** A NumericDate (RFC 7519 §2); JSON can spell numbers that are infinite once read. */
export const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

export const textOrNull = (value: unknown): string | null => (isText(value) ? value : null)

const ROLE = /^[A-Za-z0-9:_./-]{1,64}$/

/** Roles that an operator gives to users of our own store, and nobody else gives to anybody. */
export const isReservedRole = (role: string): boolean => role.startsWith('portcullis:')

export const isRole = (value: unknown): value is string => typeof value === 'string' && ROLE.test(value)
