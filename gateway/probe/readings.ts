/** Which spellings of a path, and which fields beside it, an upstream reads as that path. */
import { randomBytes } from 'node:crypto'
import type { Ask, Question, Reply } from './ask.js'

/** `same`: as the path itself; `other`; `unclear`: whatever is asked is answered alike, so that nothing can be told. */
export type Reading = 'same' | 'other' | 'unclear'

/** A spelling and, where there is one, what the settings can say about it. */
interface Spelling {
  readonly name: string
  readonly spell: (path: string) => string | null
}

const lastSlash = (path: string): number => path.lastIndexOf('/')

/** Puts something in the place of the last slash that has a segment before it. */
const separated = (separator: string) => (path: string) => {
  const at = lastSlash(path)
  return at <= 0 ? null : path.slice(0, at) + separator + path.slice(at + 1)
}

function swapCase(path: string): string | null {
  const swapped = path.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
  )
  return swapped === path ? null : swapped
}

export const SPELLINGS = [
  { name: 'other case', spell: swapCase },
  { name: 'encoded slash', spell: separated('%2F') },
  { name: 'semicolon', spell: (path) => (path === '/' ? null : `${path};a=b`) },
  { name: 'empty segment', spell: separated('//') },
  { name: 'host first', spell: (path) => `//host.invalid${path}` },
  { name: 'slash at the end', spell: (path) => (path.endsWith('/') ? null : `${path}/`) },
  { name: 'backslash', spell: separated('\\') },
  {
    name: 'escaped twice',
    spell: (path) => path.replace(/[a-z]/i, (letter) => `%25${letter.charCodeAt(0).toString(16)}`)
  },
  { name: 'dot at the end', spell: (path) => (path === '/' ? null : `${path}.`) },
  { name: 'fullwidth slash', spell: separated('%EF%BC%8F') }
] as const satisfies readonly Spelling[]

export type SpellingName = (typeof SPELLINGS)[number]['name']

/** Fields that ask for another path or method; the methods are safe ones. */
const OVERRIDES = [
  { name: 'X-Original-URL', value: (elsewhere: string) => elsewhere },
  { name: 'X-Rewrite-URL', value: (elsewhere: string) => elsewhere },
  { name: 'X-HTTP-Method-Override', value: () => 'OPTIONS' },
  { name: 'X-HTTP-Method', value: () => 'OPTIONS' },
  { name: 'X-Method-Override', value: () => 'OPTIONS' }
]

export interface Readings {
  readonly spellings: Readonly<Record<SpellingName, Reading>>
  /** Names of fields that it obeys. */
  readonly overrides: readonly string[]
  /** Whether any of this could be told. */
  readonly canTell: boolean
}

/** A path beside the other one, at which nothing can be. */
const beside = (path: string): string =>
  `${path.slice(0, lastSlash(path))}/portcullis-${randomBytes(6).toString('hex')}`

export async function probeReadings(ask: Ask, path: string, plain: readonly [Reply, Reply]): Promise<Readings> {
  const [first, second] = plain
  const elsewhere = beside(path)
  const digestOf = async (question: Question): Promise<string | null> => {
    const reply = await ask(question)
    return 'unreachable' in reply ? null : reply.digest
  }
  const canTell = first.digest === second.digest && (await digestOf({ path: elsewhere })) !== first.digest
  const spellings: [string, Reading][] = []
  for (const { name, spell } of SPELLINGS) {
    const spelt = spell(path)
    if (!canTell || spelt === null) spellings.push([name, 'unclear'])
    else spellings.push([name, (await digestOf({ path: spelt })) === first.digest ? 'same' : 'other'])
  }
  const overrides: string[] = []
  for (const { name, value } of canTell ? OVERRIDES : []) {
    const digest = await digestOf({ path, fields: { [name]: value(elsewhere) } })
    if (digest !== null && digest !== first.digest) overrides.push(name)
  }
  return { spellings: Object.fromEntries(spellings) as Record<SpellingName, Reading>, overrides, canTell }
}
