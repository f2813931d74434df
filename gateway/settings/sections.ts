/** The forms that sections of the file are built from. */
import { z } from 'zod'
import { type Leaf, listWords, refuse, textLeaf } from './leaves.js'

/** A map with these keys and no others. */
export function section<const S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape)
}

/** A list that must hold something, or `emptyMessage`. */
export function listOf<S extends z.ZodType>(item: S, emptyMessage = 'must not be empty') {
  return z.array(item).min(1, { error: emptyMessage })
}

/** A single value, or a list of them; a list once read. */
export function oneOrMany<T>(item: Leaf<T>, emptyMessage?: string) {
  return z.union([item.transform((value) => [value]), listOf(item, emptyMessage)])
}

/** A name that the file itself gives, to refer to elsewhere; `taken` mean something already. */
export function givenName(taken: readonly string[] = []): Leaf<string> {
  const expected = 'a name of letters, digits and _ . -'
  return textLeaf(expected, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, (name) => {
    return taken.includes(name) ? refuse(`must be another name: ${listWords(taken)} means something already`) : name
  })
}
