import type { Settings } from '../settings/index.js'
import { createKeyring, type KeyEvent, type Keyring, type KeyringOptions } from '../tokens/index.js'
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

export interface TendedKeyring {
  readonly keyring: Keyring
  readonly close: () => void
}

/** A keyring that rotates when it is time, takes over what others do to its folder, and says so in the audit stream. */
export async function tendKeyring(settings: Settings, { log, audit }: Logs): Promise<TendedKeyring> {
  let told = ''
  function onFailure(error: unknown): void {
    // What fails every second is told once.
    const { message } = error as Error
    if (message !== told) log.error({ err: error }, 'the keys could not be brought up to date; those in memory go on')
    told = message
  }

  function report({ event, keyId, algorithm, previous }: KeyEvent): void {
    const fields = { key_id: keyId, algorithm, ...(previous === undefined ? {} : { previous_key_id: previous }) }
    audit({ event, ...fields })
  }

  const keyring = await openKeyring(settings, { report, onFailure })
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
  return {
    keyring,
    close() {
      clearInterval(timer)
      process.off('SIGHUP', look)
    }
  }
}
