/** Fields by which frameworks are told another method, path or address than the request line says. */
import { type Attack, line, MARK, type PositionName, requestFrom } from '../attack.js'

const EVERYWHERE: readonly PositionName[] = ['stranger-refused', 'user-refused', 'stranger-passes', 'user-passes']
const REFUSED: readonly PositionName[] = ['stranger-refused', 'user-refused']

/** Name of a field, the path it may carry, and who reads it. */
const PATH_FIELDS: readonly (readonly [name: string, source: string])[] = [
  ['X-Original-URL', 'CVE-2018-14773 (Symfony, IIS rewriting)'],
  ['X-Rewrite-URL', 'CVE-2018-14773 (Symfony, IIS rewriting)'],
  ['X-Original-URI', 'nginx auth_request'],
  ['X-Forwarded-Uri', 'Traefik forwardAuth'],
  ['X-Forwarded-Path', 'gateways that strip prefixes'],
  ['X-Forwarded-Prefix', 'CVE-2026-120213; Spring ForwardedHeaderFilter']
]

const METHOD_FIELDS: readonly (readonly [name: string, source: string])[] = [
  ['X-HTTP-Method-Override', 'Rails, Express method-override, Spring'],
  ['X-HTTP-Method', 'Microsoft OData'],
  ['X-Method-Override', 'IBM; Express method-override'],
  ['X-Original-Method', 'Envoy ext_authz'],
  ['X-Forwarded-Method', 'Traefik forwardAuth']
]

const QUERIES = [
  ['underscored-method', '_method=GET'],
  ['method', 'method=GET'],
  ['http-method', '_HttpMethod=GET'],
  ['override', 'X-HTTP-Method-Override=GET']
] as const

const METHODS = [
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'PURGE',
  'LOCK'
]
const ODD_METHODS = ['get', 'Get', 'GETT', 'FOO', 'G\tET', 'GET\0', '-', 'TRACK', 'DEBUG', 'PRI', 'CONNECT']

/** As its folded name stands at the beginning of a line, or in the echo of one. */
const named = (name: string) => new RegExp(`(?:^|["'])${name.replaceAll('-', '[-_]')}["']?:`, 'im')

export const rerouting: readonly Attack[] = [
  ...PATH_FIELDS.flatMap(([name, source]) =>
    [name, name.replaceAll('-', '_')].map((spelling): Attack => {
      return {
        id: `rerouting/${spelling === name ? '' : 'underscored-'}${name.toLowerCase()}`,
        family: 'rerouting',
        why: 'The upstream answers the path in the field, and the rule was that of the path in the request line.',
        source,
        from: EVERYWHERE,
        // The gateway may say it itself, of what it took off.
        ...(name === 'X-Forwarded-Prefix' ? {} : { neverArrives: named(name) }),
        send: ({ position, open }) =>
          requestFrom(position, { lines: line(spelling, position.token === null ? `${open}/${MARK}` : `/${MARK}`) })
      }
    })
  ),
  ...METHOD_FIELDS.flatMap(([name, source]) =>
    [name, name.replaceAll('-', '_')].map((spelling): Attack => {
      return {
        id: `rerouting/${spelling === name ? '' : 'underscored-'}${name.toLowerCase()}`,
        family: 'rerouting',
        why: 'The upstream acts by the method in the field, and the rule was that of the method in the request line.',
        source,
        from: EVERYWHERE,
        neverArrives: named(name),
        send: ({ position }) => requestFrom(position, { lines: line(spelling, 'OPTIONS') })
      }
    })
  ),
  ...QUERIES.map(([name, query]): Attack => {
    return {
      id: `rerouting/query-${name}`,
      family: 'rerouting',
      why: 'The query names another method, under which another rule might stand.',
      source: 'Rails, Laravel, Symfony: form method spoofing',
      from: REFUSED,
      send: ({ position }) =>
        requestFrom(position, {
          method: 'POST',
          target: `${position.path}?${query}`,
          lines: line('Content-Length', '0')
        })
    }
  }),
  ...METHODS.map((method): Attack => {
    return {
      id: `rerouting/method-${method.toLowerCase()}`,
      family: 'rerouting',
      why: 'A rule that was meant for all methods stands for some.',
      source: 'CWE-650; CVE-2010-0738',
      from: ['stranger-refused'],
      // Where another method is let in by another rule, that is no bypass.
      send: ({ position }) => (position.closedToAllMethods ? requestFrom(position, { method }) : null)
    }
  }),
  ...ODD_METHODS.map((method, place): Attack => {
    return {
      id: `rerouting/odd-method-${place + 1}`,
      family: 'rerouting',
      why: 'A method that the gateway does not know is read as GET by the upstream.',
      source: 'RFC 9110 §9.1; CWE-436',
      from: ['stranger-refused', 'stranger-passes'],
      ...(/[\0\t ]/.test(method) ? { due: 'refusal' } : {}),
      mayClose: true,
      send: ({ position }) =>
        requestFrom(position, { method, target: method === 'CONNECT' ? position.host : position.path })
    }
  })
]
