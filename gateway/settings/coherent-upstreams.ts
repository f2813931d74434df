import { type Finding, mistakeAt, mistakeAtKey, type Path, placeOfKey, quote, warningAt } from './findings.js'
import type { Draft } from './schema.js'

type DraftUpstream = NonNullable<NonNullable<Draft['upstreams']>[string]>

/** What must hold for each upstream as a whole. */
export function coherentUpstreams(draft: Draft): Finding[] {
  return Object.entries(draft.upstreams ?? {}).flatMap(([name, upstream]) => {
    const path = ['upstreams', name]
    return upstream === undefined
      ? []
      : [...place(upstream, path), ...alone(upstream, path), ...secured(upstream, path)]
  })
}

/** A place that is there and wrong has been told of already, and is undefined here. */
function place(upstream: DraftUpstream, path: Path): Finding[] {
  const { urls = [] } = upstream
  if ('url' in upstream && 'urls' in upstream) {
    const related = [placeOfKey([...path, 'url'], 'this one')]
    return [mistakeAtKey([...path, 'urls'], 'stands beside url', 'keep one of them', related)]
  }
  if (!('url' in upstream) && !('urls' in upstream)) return [mistakeAt([...path, 'url'], 'is missing')]
  const schemes = new Set(urls.map((url) => url?.slice(0, url.indexOf(':'))))
  schemes.delete(undefined)
  const mixed = schemes.size > 1 ? [mistakeAt([...path, 'urls'], 'must be all http or all https')] : []
  const repeated = urls.flatMap((url, index) => {
    if (url === undefined || urls.indexOf(url) === index) return []
    return [mistakeAt([...path, 'urls', index], `names ${quote(url)} a second time`)]
  })
  return [...mixed, ...repeated]
}

/** The last one left is always used, so that of one there is nothing to leave out. */
function alone(upstream: DraftUpstream, path: Path): Finding[] {
  const { ejection, urls } = upstream
  const several = 'urls' in upstream && urls?.length !== 1
  if (several || ejection === undefined || ejection === 'off') return []
  return [mistakeAtKey([...path, 'ejection'], 'needs several urls: a lone one is never left out')]
}

function secured({ url, urls = [], tls }: DraftUpstream, path: Path): Finding[] {
  if (tls === undefined) return []
  const [origin] = [url, ...urls].filter((one) => one !== undefined)
  const said = Object.entries(tls).filter(([, value]) => value !== undefined && value !== false)
  const stray = origin?.startsWith('http:') === true && said.length > 0
  const findings: Finding[] = stray ? [mistakeAtKey([...path, 'tls'], 'is for https upstreams')] : []
  if (tls.insecure_skip_verify === true) {
    findings.push(warningAt([...path, 'tls', 'insecure_skip_verify'], 'weakens the gateway'))
  }
  return findings
}
