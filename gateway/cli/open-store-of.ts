import type { Settings } from '../settings/index.js'
import { openStore, type Store } from '../store/index.js'

/** The store that the settings name. Rejects with `StoreRefused`. */
export function openStoreOf({ store }: Settings): Promise<Store> {
  return openStore({ path: store.kind === 'sqlite' ? store.path : null })
}
