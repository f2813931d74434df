import type { User } from '../domain.js'

/** A user as `--json` answers. */
export const shown = ({ id, username, roles, attributes, disabled, createdAt, lastLoginAt }: User) => ({
  id,
  username,
  roles,
  attributes,
  disabled,
  created_at: createdAt,
  last_login_at: lastLoginAt
})

/** NumericDate in words. */
export const date = (seconds: number | null) => (seconds === null ? 'never' : new Date(seconds * 1000).toISOString())

/** Text that a stranger chose, so that none of it moves the cursor or turns the line around. */
export const printable = (text: string) => text.replaceAll(/[^\x20-\x7e\p{L}\p{N}]/gu, '\ufffd')
