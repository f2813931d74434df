type Bindable = string | number | null | Uint8Array

/** The part of a prepared statement that both drivers share. */
export interface Statement {
  run: (...parameters: Bindable[]) => { readonly changes: number | bigint }
  get: (...parameters: Bindable[]) => unknown
  all: (...parameters: Bindable[]) => unknown[]
}

/** The part of a synchronous SQLite connection that both drivers share. */
export interface Database {
  exec: (sql: string) => void
  prepare: (sql: string) => Statement
  close: () => void
}

export type OpenConnection = (path: string) => Database

interface Driver {
  readonly DatabaseSync: new (path: string) => Database
}

/** Picks Node's own SQLite, and on a Node that has none (before 22.13) the package with the same interface. */
export async function loadDriver(): Promise<OpenConnection> {
  const builtin = process.getBuiltinModule('node:sqlite') as Driver | undefined
  const { DatabaseSync } = builtin ?? ((await import('@photostructure/sqlite')) as Driver)
  return (path) => new DatabaseSync(path)
}

/** The primary result code of an SQLite error (sqlite.org/rescode.html), or null for any other error. */
export function resultCodeOf(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null
  return typeof code === 'number' ? code & 0xff : null
}
