const mostBytes = 128

// RFC 8264 §4.2, the IdentifierClass: printable ASCII, letters, decimal digits and marks. What general categories do
// not rule out by themselves follows below, by the names of RFC 8264 §9.
const identifier = /^[\x21-\x7e\p{Ll}\p{Lu}\p{Lo}\p{Lm}\p{Nd}\p{Mn}\p{Mc}]+$/u
const precisIgnorable = /\p{Default_Ignorable_Code_Point}/u
const oldHangulJamo = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/
const disallowedByException = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]/
const arabicIndicDigit = /[\u0660-\u0669]/
const extendedArabicIndicDigit = /[\u06f0-\u06f9]/
// A name that begins with a mark would change the character that happens to be printed before it.
const leadingMark = /^\p{M}/u

// Of printable ASCII there is nothing to map but case, and nothing to refuse.
const plain = /^[\x21-\x7e]+$/

const halfOrFullWidth = /[\uff01-\uffee]+/g

const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}\p{Script=Yezidi}]/u

/**
 * The one spelling of a name under which it is stored, compared and limited, or null for a text that is no name:
 * UsernameCaseMapped (RFC 8265 §3.3) of at most 128 bytes in UTF-8, as far as Node's Unicode tables go.
 */
export function canonicalUsername(text: string): string | null {
  // Nothing that long can become short enough, and the rules below cost time by length.
  if (text.length > mostBytes * 3) return null
  if (plain.test(text)) return text.length > mostBytes ? null : text.toLowerCase()
  const canonical = mapped(text)
  if (Buffer.byteLength(canonical) > mostBytes || !isIdentifier(canonical) || !keepsDirection(canonical)) return null
  // RFC 8264 §7: the rules have to be applied again until nothing changes; a name on which they do not settle is none.
  return mapped(canonical) === canonical ? canonical : null
}

/** Width, case and normalisation, in the order of RFC 8265 §3.3.2. */
function mapped(text: string): string {
  return text
    .replace(halfOrFullWidth, (wide) => wide.normalize('NFKC'))
    .toLowerCase()
    .normalize('NFC')
}

function isIdentifier(text: string): boolean {
  if (!identifier.test(text) || leadingMark.test(text) || precisIgnorable.test(text)) return false
  if (oldHangulJamo.test(text) || disallowedByException.test(text)) return false
  // RFC 5892 Appendix A.8 and A.9: digits that look alike do not stand together.
  if (arabicIndicDigit.test(text) && extendedArabicIndicDigit.test(text)) return false
  // HasCompat (RFC 8264 §9.17): characters that are only another look of others, such as ligatures.
  return text.normalize('NFKC') === text
}

/** The Bidi Rule (RFC 5893 §2) by scripts: a name runs in one direction, so that it cannot be shown in another order. */
function keepsDirection(text: string): boolean {
  const letters = [...text].filter((character) => /\p{L}/u.test(character))
  if (!letters.some((letter) => rightToLeft.test(letter))) return !arabicIndicDigit.test(text)
  if (arabicIndicDigit.test(text) && /\d/.test(text)) return false
  const oneWay = letters.every((letter) => rightToLeft.test(letter))
  return oneWay && /^\p{L}/u.test(text) && /[\p{L}\p{Nd}]\p{M}*$/u.test(text)
}
