import { type FetchedJson, FetchFailed, type FetchResult, fetchJson } from './fetch-json.js'
import type { PublicKeyAlgorithm } from './jws-signature.js'
import { chooseKey, readKeySet, type VerificationKey } from './key-set.js'

/** Where the keys of an issuer are. */
export interface KeyLocation {
  /** `iss`, exactly as tokens spell it. */
  readonly issuer: string
  /** null: found by OpenID Connect Discovery. */
  readonly jwksUrl: string | null
  /** Accepts keys over plain http, where anybody on the way can put in his own. */
  readonly insecureHttp: boolean
}

/** How often and how long, in milliseconds. */
export interface Pace {
  readonly timeoutMs: number
  readonly mostOctets: number
  /** Between two fetches, where the issuer's `max-age` says nothing. */
  readonly refreshMs: number
  /** What `max-age` can shorten or stretch that to. */
  readonly leastRefreshMs: number
  readonly mostRefreshMs: number
  /** After the first failure; twice as long after each further one, up to `refreshMs`. */
  readonly retryMs: number
  /** Between two fetches that tokens with unknown keys cause. */
  readonly soughtEveryMs: number
  /** For how long keys hold after the issuer was last reached. */
  readonly staleMs: number
}

export const PACE: Pace = {
  timeoutMs: 5_000,
  mostOctets: 256 * 1024,
  refreshMs: 10 * 60_000,
  leastRefreshMs: 60_000,
  mostRefreshMs: 60 * 60_000,
  retryMs: 1_000,
  soughtEveryMs: 30_000,
  staleMs: 24 * 60 * 60_000
}

export interface IssuerKeys {
  /** The one key that a header can mean, or null. */
  readonly find: (algorithm: PublicKeyAlgorithm, keyId: string | null) => VerificationKey | null
  /** Whether the key is still one of the issuer's. */
  readonly holds: (key: VerificationKey) => boolean
  /** Whether the issuer was reached lately enough for its keys to count. */
  readonly available: () => boolean
  /**
   * For a token whose key is not known: awaits a fetch, where one is due or under way. Answers whether the issuer was
   * there when it was last asked, so that what is not known is none of its keys. Never rejects.
   */
  readonly seek: () => Promise<boolean>
  /** Refreshes no more; a fetch on its way is still waited for, by requests that are older than a reload. */
  readonly retire: () => void
  readonly close: () => void
}

export interface IssuerKeysOptions extends KeyLocation {
  readonly pace: Pace
  /** Each fetch, however it ended. */
  readonly onFetch: (result: FetchResult, error: FetchFailed | null) => void
}

/** OpenID Connect Discovery 1.0 §4: where the issuer says its keys are, if the document is its own. */
function readDiscovery({ document }: FetchedJson, { issuer, insecureHttp }: KeyLocation): string {
  // §4.3: else one issuer could speak for another.
  if (document.issuer !== issuer) throw new FetchFailed('malformed', `the discovery document is not that of ${issuer}`)
  const { jwks_uri: url } = document
  const scheme = insecureHttp ? /^https?:\/\//i : /^https:\/\//i
  if (typeof url !== 'string' || !scheme.test(url) || !URL.canParse(url)) {
    throw new FetchFailed('malformed', `the discovery document of ${issuer} names no https jwks_uri`)
  }
  return url
}

const discoveryUrl = (issuer: string) => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/** Between 90 and 110 per cent, so that many gateways do not ask in the same moment. */
const jittered = (ms: number) => ms * (0.9 + Math.random() * 0.2)

/**
 * The keys of one issuer: fetched at once in the background, again and again while it is reached, and kept while it is
 * away. Fetches never overlap: whoever needs one that is under way waits for it.
 */
export function createIssuerKeys(options: IssuerKeysOptions): IssuerKeys {
  const { pace, onFetch } = options
  const closing = new AbortController()
  let keys: ReadonlySet<VerificationKey> = new Set()
  let obtainedAtMs: number | null = null
  let soughtAtMs: number | null = null
  let failures = 0
  let url = options.jwksUrl
  let fetching: Promise<void> | null = null
  let retired = false
  let timer: NodeJS.Timeout | null = null

  const available = () => obtainedAtMs !== null && Date.now() - obtainedAtMs <= pace.staleMs

  async function obtain(): Promise<number> {
    url ??= readDiscovery(await fetchJson(discoveryUrl(options.issuer), pace, closing.signal), options)
    const { document, maxAgeMs } = await fetchJson(url, pace, closing.signal)
    const set = readKeySet(document, [...keys])
    if (set === null) throw new FetchFailed('malformed', `${url} is no JWK Set`)
    keys = new Set(set)
    obtainedAtMs = Date.now()
    return Math.min(pace.mostRefreshMs, Math.max(pace.leastRefreshMs, maxAgeMs ?? pace.refreshMs))
  }

  async function attempt(): Promise<void> {
    let nextMs: number
    try {
      nextMs = await obtain()
      failures = 0
      onFetch('success', null)
    } catch (error) {
      if (closing.signal.aborted) return
      // The keys may have moved: the next attempt asks again where they are.
      url = options.jwksUrl
      nextMs = Math.min(pace.refreshMs, pace.retryMs * 2 ** failures)
      failures += 1
      const failed =
        error instanceof FetchFailed ? error : new FetchFailed('malformed', 'the key set is unusable', error)
      onFetch(failed.result, failed)
    }
    if (timer !== null) clearTimeout(timer)
    if (!closing.signal.aborted && !retired) timer = setTimeout(refresh, jittered(nextMs)).unref()
  }

  function refresh(): Promise<void> {
    fetching ??= attempt().finally(() => {
      fetching = null
    })
    return fetching
  }

  async function seek(): Promise<boolean> {
    const now = Date.now()
    const sought = soughtAtMs !== null && now - soughtAtMs < pace.soughtEveryMs
    if (fetching !== null) await fetching
    else if (!sought && !closing.signal.aborted) {
      soughtAtMs = now
      await refresh()
    }
    return failures === 0
  }

  void refresh()
  return {
    find: (algorithm, keyId) => (available() ? chooseKey([...keys], algorithm, keyId) : null),
    holds: (key) => available() && keys.has(key),
    available,
    seek,
    retire() {
      retired = true
      if (timer !== null) clearTimeout(timer)
    },
    close() {
      closing.abort()
      if (timer !== null) clearTimeout(timer)
    }
  }
}
