import fc from 'fast-check'
import t from 'tap'
import { canonicalUsername } from '../../gateway/users/index.js'
import { cpuMsOf } from '../helpers/cpu-time.js'

const names: { text: string; canonical: string | null; because: string }[] = [
  { text: 'juliet@example.com', canonical: 'juliet@example.com', because: 'RFC 8265 §3.5, 1' },
  { text: 'fussball', canonical: 'fussball', because: 'RFC 8265 §3.5, 2' },
  { text: 'fu\u00dfball', canonical: 'fu\u00dfball', because: 'RFC 8265 §3.5, 3: not the same as fussball' },
  { text: '\u03c0', canonical: '\u03c0', because: 'RFC 8265 §3.5, 4' },
  { text: '\u03a3', canonical: '\u03c3', because: 'RFC 8265 §3.5, 5: upper-case sigma' },
  { text: '\u03c3', canonical: '\u03c3', because: 'RFC 8265 §3.5, 6' },
  { text: '\u03c2', canonical: '\u03c2', because: 'RFC 8265 §3.5, 7: final sigma stays' },
  { text: 'foo bar', canonical: null, because: 'RFC 8265 §3.5, 8: a space' },
  { text: '', canonical: null, because: 'RFC 8265 §3.5, 9: empty' },
  { text: 'henry\u2163', canonical: null, because: 'RFC 8265 §3.5, 10: Roman numeral four' },
  { text: '\u265a', canonical: null, because: 'RFC 8265 §3.5, 11: a chess king' },
  { text: 'ADA', canonical: 'ada', because: 'letter case' },
  { text: '\uff21\uff44\uff41', canonical: 'ada', because: 'fullwidth letters' },
  { text: 'jose\u0301', canonical: 'jos\u00e9', because: 'composed and decomposed' },
  { text: '\uff76\uff9e', canonical: '\u30ac', because: 'halfwidth katakana with a voicing mark' },
  { text: 'I\u0307', canonical: 'i\u0307', because: 'dotted capital I, decomposed' },
  { text: '\u0130', canonical: 'i\u0307', because: 'dotted capital I' },
  { text: '\ud835\udd38da', canonical: null, because: 'a mathematical letter, only another look of A' },
  { text: '\ufb01n', canonical: null, because: 'a ligature' },
  { text: 'ada\u200b', canonical: null, because: 'zero width space' },
  { text: 'a\u200dda', canonical: null, because: 'zero width joiner' },
  { text: 'ada\u202e', canonical: null, because: 'right-to-left override' },
  { text: '\u2066ada', canonical: null, because: 'isolate' },
  { text: 'ada\ufeff', canonical: null, because: 'byte order mark' },
  { text: 'a\u00adda', canonical: null, because: 'soft hyphen' },
  { text: 'ada\u0000', canonical: null, because: 'NUL' },
  { text: 'ada\n', canonical: null, because: 'line feed' },
  { text: 'ada\u007f', canonical: null, because: 'delete' },
  { text: 'ada\u0085', canonical: null, because: 'C1 control' },
  { text: ' ada', canonical: null, because: 'leading space' },
  { text: 'a\u00a0da', canonical: null, because: 'no-break space' },
  { text: 'a\u3000da', canonical: null, because: 'ideographic space' },
  { text: 'a\u2028da', canonical: null, because: 'line separator' },
  { text: 'ada\ud800', canonical: null, because: 'half a surrogate pair' },
  { text: 'ada\u0378', canonical: null, because: 'unassigned' },
  { text: 'ada\ue000', canonical: null, because: 'private use' },
  { text: '\ud83d\ude00', canonical: null, because: 'a symbol' },
  { text: '\u0301ada', canonical: null, because: 'a leading mark' },
  { text: '\u1100\u1161', canonical: '\uac00', because: 'conjoining jamo that compose' },
  { text: '\u1100', canonical: null, because: 'old hangul jamo' },
  { text: '\u05d3\u05d5\u05d3', canonical: '\u05d3\u05d5\u05d3', because: 'Hebrew' },
  { text: '\u05d3\u05d5\u05d37', canonical: '\u05d3\u05d5\u05d37', because: 'Hebrew with a digit' },
  { text: '7\u05d3\u05d5\u05d3', canonical: null, because: 'RFC 5893 §2, rule 1: begins with a digit' },
  { text: 'dvd\u05d3', canonical: null, because: 'RFC 5893 §2: both directions' },
  { text: '\u0627\u0661', canonical: '\u0627\u0661', because: 'Arabic with its digit' },
  { text: 'ada\u0661', canonical: null, because: 'RFC 5893 §2, rule 5: an Arabic digit in a name from left to right' },
  { text: '\u0627\u06611', canonical: null, because: 'RFC 5893 §2, rule 4: digits of both directions' },
  { text: 'ada\u06f1', canonical: 'ada\u06f1', because: 'a Persian digit runs from left to right' },
  { text: '\u0627\u0661\u06f1', canonical: null, because: 'RFC 5892 A.8: digits of two kinds' },
  { text: 'x'.repeat(128), canonical: 'x'.repeat(128), because: '128 bytes' },
  { text: 'x'.repeat(129), canonical: null, because: '129 bytes' },
  { text: '\u00e9'.repeat(65), canonical: null, because: '130 bytes' },
  { text: '\uff41'.repeat(128), canonical: 'a'.repeat(128), because: '128 bytes once mapped' }
]
t.test('a name is mapped or refused', (test) => {
  for (const { text, canonical, because } of names) test.equal(canonicalUsername(text), canonical, because)
  test.end()
})

t.test('a canonical name is its own canonical name, whole, short and without separators', (test) => {
  const characters = fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.string({ unit: 'grapheme' }), fc.string())
  const settled = (text: string) => {
    const canonical = canonicalUsername(text)
    if (canonical === null) return true
    const stable = canonicalUsername(canonical) === canonical && canonicalUsername(text.normalize('NFD')) === canonical
    return stable && !/[\s\p{C}\p{Z}]/u.test(canonical) && Buffer.byteLength(canonical) <= 128
  }
  fc.assert(fc.property(characters, settled), { interruptAfterTimeLimit: 1_500, numRuns: 10_000 })
  test.end()
})

t.test('a very long text is refused at once', (test) => {
  // To normalise it alone takes a second.
  const ms = cpuMsOf(() => test.equal(canonicalUsername('\u1100\u1161'.repeat(50_000_000)), null))
  test.ok(ms < 250, `${ms} ms`)
  test.end()
})
