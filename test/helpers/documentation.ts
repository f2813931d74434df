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
