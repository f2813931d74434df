/** Paths that stand for all that a pattern fits: a word of nobody's for each wildcard. */

/** Gives paths, and no two wildcards of a path the same word. `known`: patterns whose literals no word may repeat. */
export function createSamplePaths(known: readonly string[]): (pattern: string) => readonly string[] {
  let stem = 'word'
  while (known.some((pattern) => pattern.toLowerCase().includes(stem))) stem += 'd'

  function sample(pattern: string, deep: readonly string[]): string {
    let count = 0
    const word = () => `${stem}${++count}`
    const segments = pattern.slice(1).split('/')
    const written = segments.flatMap((segment) => {
      if (segment === '**') return deep.map(word)
      return segment.startsWith('{') ? word() : segment.replaceAll('*', word)
    })
    return `/${written.join('/')}`
  }

  // `**` may stand for nothing at all.
  return (pattern) => (pattern.includes('**') ? [sample(pattern, []), sample(pattern, [''])] : [sample(pattern, [])])
}
