import { Gauge, type Registry } from 'prom-client'

/** Shows how long the key that signs has done so; `since` in seconds, null where it is not known. */
export function exposeSigningKey(registry: Registry, since: () => number | null): void {
  new Gauge({
    name: 'portcullis_signing_key_age_seconds',
    help: 'How long the key that signs now has done so.',
    registers: [registry],
    collect() {
      const at = since()
      if (at === null) this.reset()
      else this.set(Math.max(0, Date.now() / 1000 - at))
    }
  })
}
