import type { KeyPurpose } from '../admin/index.js'
import type { Settings } from '../settings/index.js'
import {
  ASSERTION_ALGORITHM,
  createKeyring,
  type KeyEvent,
  type Keyring,
  type KeyringOptions
} from '../tokens/index.js'
import type { Logs } from './logs.js'

/** How often the folder of the keys is looked at, for what others changed in it and for what is due. */
const LOOK_EVERY_MS = 1_000

/** The keys that the settings name, beside or without a running gateway. Rejects with KeyRefused. */
export function openKeyring(
  { tokens }: Settings,
  hooks: Pick<KeyringOptions, 'report' | 'onFailure'>
): Promise<Keyring> {
  const { keys, algorithm, accessMs } = tokens
  // That a short secret was accepted, the settings have said already.
  return createKeyring(keys, algorithm, { accessMs, allowShortSecret: true, ...hooks })
}

/** The keys of assertions; null: there are to be none. Rejects with KeyRefused. */
export async function openAssertionKeyring(
  { identity }: Settings,
  hooks: Pick<KeyringOptions, 'report' | 'onFailure'>
): Promise<Keyring | null> {
  if (identity.assertion === null) return null
  const { keys, ttlMs } = identity.assertion
  return createKeyring(keys, ASSERTION_ALGORITHM, { accessMs: ttlMs, setting: 'identity.assertion.keys', ...hooks })
}

export interface TendedKeyrings {
  readonly keyring: Keyring
  readonly assertionKeyring: Keyring | null
  readonly close: () => void
}

/** Keyrings that rotate when it is time, take over what others do to their folders, and say so in the audit stream. */
export async function tendKeyrings(settings: Settings, logs: Logs): Promise<TendedKeyrings> {
  const tokens = tend(logs, 'tokens')
  const keyring = await openKeyring(settings, tokens.hooks)
  const assertions = tend(logs, 'assertions')
  const assertionKeyring = await openAssertionKeyring(settings, assertions.hooks)
  tokens.begin(keyring)
  if (assertionKeyring !== null) assertions.begin(assertionKeyring)
  return {
    keyring,
    assertionKeyring,
    close() {
      tokens.close()
      assertions.close()
    }
  }
}

/** Tends one keyring from `begin` to `close`; `signs` is what it is for. */
function tend({ log, audit }: Logs, signs: KeyPurpose) {
  let told = ''
  function onFailure(error: unknown): void {
    // What fails every second is told once.
    const { message } = error as Error
    if (message !== told) log.error({ err: error }, 'the keys could not be brought up to date; those in memory go on')
    told = message
  }

  function report({ event, keyId, algorithm, previous }: KeyEvent): void {
    const fields = { key_id: keyId, algorithm, signs, ...(previous === undefined ? {} : { previous_key_id: previous }) }
    audit({ event, ...fields })
  }

  let end = () => {}
  function begin(keyring: Keyring): void {
    let looking = false
    async function look(): Promise<void> {
      if (looking) return
      looking = true
      await keyring.look().then(() => {
        told = ''
      }, onFailure)
      looking = false
    }
    const timer = setInterval(look, LOOK_EVERY_MS)
    timer.unref()
    process.on('SIGHUP', look)
    end = () => {
      clearInterval(timer)
      process.off('SIGHUP', look)
    }
  }

  return { hooks: { report, onFailure }, begin, close: () => end() }
}
