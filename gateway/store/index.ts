/**
 * store: what must last. Users, sessions, refresh tokens' hashes and revocations, in SQLite behind one writer thread.
 * It knows what happens together or not at all. It must never know HTTP, how tokens are encoded, or a clear password.
 * A promise resolves only when the change is on disk; it rejects with `store_unavailable` when that is not certain.
 * State: the database file (or, with `path: null`, the memory of the writer thread); here only calls under way.
 */
export { openStore, type Store, type StoreOptions } from './open-store.js'
export { StoreRefused } from './store-refused.js'
