import type { Path } from './findings.js'

/** Keys that a later version will know; `*` is any name or place. A typing error is something else. */
const planned = [
  'tls',
  'cors',
  'workers',
  'clients',
  'issuers',
  'tests',
  'assertions',
  'shadow',
  'compat',
  'forward_auth',
  'max_staleness',
  'tokens.cookies',
  'tokens.keys.files',
  'users.source',
  'users.login.per_account',
  'identity.assertion',
  'limits.*.on_store_failure',
  'listener_limit.on_store_failure',
  'upstreams.*.urls',
  'upstreams.*.health',
  'rules.*.allow.issuers',
  'rules.*.allow.*.issuers'
].map((key) => key.split('.'))

export function isPlanned(path: Path): boolean {
  return planned.some((steps) => {
    return steps.length === path.length && steps.every((step, index) => step === '*' || step === path[index])
  })
}
