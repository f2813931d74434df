import { type Finding, mistakeAt, placeOfValue, quote, warningAt } from './findings.js'
import type { Draft } from './schema.js'

type DraftIssuer = NonNullable<NonNullable<Draft['issuers']>[string]>

/** What issuers must say about each other and about this gateway. `ownIssuers`: `iss` of our own tokens, where it is said. */
export function coherentIssuers(draft: Draft, ownIssuers: readonly string[]): Finding[] {
  const named = new Map<string, string>(ownIssuers.map((issuer) => [issuer, 'self']))
  return Object.entries(draft.issuers ?? {}).flatMap(([name, issuer]) => {
    if (issuer === undefined) return []
    const twin = issuer.issuer === undefined ? undefined : named.get(issuer.issuer)
    if (issuer.issuer !== undefined && twin === undefined) named.set(issuer.issuer, name)
    return [...repeated(name, twin, draft), ...keysOf(name, issuer), ...mappingOf(name, issuer)]
  })
}

function repeated(name: string, twin: string | undefined, { tokens }: Draft): Finding[] {
  if (twin === undefined) return []
  const message = twin === 'self' ? 'is the issuer of our own tokens' : `is that of ${quote(twin)} too`
  const own = tokens?.issuer === undefined ? ['public_url'] : ['tokens', 'issuer']
  const related = [placeOfValue(twin === 'self' ? own : ['issuers', twin, 'issuer'], 'the same')]
  return [mistakeAt(['issuers', name, 'issuer'], message, 'a token must tell by `iss` alone whose it is', related)]
}

function keysOf(name: string, { issuer, jwks_url: url, discovery, insecure_http: insecure }: DraftIssuer): Finding[] {
  const at = (key: string) => ['issuers', name, key]
  const findings: Finding[] = []
  if (url !== undefined && discovery === true) {
    findings.push(mistakeAt(at('discovery'), 'cannot be true beside jwks_url', 'keep one of them'))
  }
  if (url === undefined && discovery === false) {
    findings.push(mistakeAt(at('discovery'), 'leaves no way to the keys', 'say jwks_url'))
  }
  const [key, source] = url === undefined ? ['issuer', issuer] : ['jwks_url', url]
  if (insecure !== true && source?.startsWith('http://')) {
    const message = 'would fetch keys over plain http, where anybody on the way can put in his own'
    findings.push(mistakeAt(at(key), message, 'write https://, or say insecure_http: true'))
  }
  if (insecure === true) findings.push(warningAt(at('insecure_http'), 'weakens the gateway'))
  return findings
}

function mappingOf(name: string, { roles }: DraftIssuer): Finding[] {
  if (roles?.pass_unmapped !== true || roles.map !== undefined || 'map' in roles) return []
  return [warningAt(['issuers', name, 'roles', 'pass_unmapped'], 'means nothing without map')]
}
