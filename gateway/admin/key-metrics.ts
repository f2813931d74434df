import { Gauge, type Registry } from 'prom-client'
import type { KeyPurpose } from './operator-keys.js'

const GAUGES = {
  tokens: { name: 'portcullis_signing_key_age_seconds', help: 'How long the key that signs now has done so.' },
  assertions: {
    name: 'portcullis_assertion_key_age_seconds',
    help: 'How long the key that signs assertions now has done so.'
  }
} as const satisfies Record<KeyPurpose, object>

/** Shows how long the key that signs these has done so; `since` in seconds, null where it is not known. */
export function exposeSigningKey(registry: Registry, signs: KeyPurpose, since: () => number | null): void {
  new Gauge({
    ...GAUGES[signs],
    registers: [registry],
    collect() {
      const at = since()
      if (at === null) this.reset()
      else this.set(Math.max(0, Date.now() / 1000 - at))
    }
  })
}
