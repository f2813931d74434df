import type { User } from '../domain.js'
import type { Mistake } from '../settings/index.js'

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

/** As `user add --set` takes them. */
export const showAttributes = (attributes: User['attributes']): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ')

/** A mistake as `--json` answers: docs/check.md says what its members mean. */
export function shownMistake({ file, line, column, endLine, endColumn, path, message, hint, related }: Mistake) {
  return {
    file,
    line,
    column,
    end_line: endLine,
    end_column: endColumn,
    path,
    message,
    hint,
    related: related.map((other) => ({
      line: other.line,
      column: other.column,
      end_line: other.endLine,
      end_column: other.endColumn,
      message: other.message
    }))
  }
}

/** NumericDate in words. */
export const date = (seconds: number | null) => (seconds === null ? 'never' : new Date(seconds * 1000).toISOString())

/** Text that a stranger chose, so that none of it moves the cursor or turns the line around. */
export const printable = (text: string) => text.replaceAll(/[^\x20-\x7e\p{L}\p{N}]/gu, '\ufffd')

/** Milliseconds as the file spells them: `10m`, `90s`. */
export function showDuration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000]
  ] as const
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}
