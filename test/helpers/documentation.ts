import { readFileSync } from 'node:fs'

/** The first fenced block of a language under a heading of a page in docs/; under null, before any heading. */
export function fragmentOf(page: string, heading: string | null, language: string): string {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
  const section = text
    .split(/^## /m)
    .find((part, at) => (heading === null ? at === 0 : part.startsWith(`${heading}\n`)))
  const fragment = section?.split(`\`\`\`${language}\n`)[1]?.split('```')[0]
  if (fragment === undefined) throw new Error(`no ${language} under ${heading} of ${page}`)
  return fragment
}

/** A fenced block of a page. */
export interface Block {
  readonly language: string
  /** What stands behind the language, which readers of the page do not see: the name of a file, say. */
  readonly name: string
  readonly text: string
}

/** All fenced blocks of a page in docs/, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```(\w+)(?: ([^\n]+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', name = '', text = '']) => ({
      language,
      name,
      text
    })
  )
}
