/** A glob inside one non-empty segment, for example `v*.json`: never backtracks, since `*` takes as little as it can. */
import { anyRun } from './readings.js'

export type Glob = (segment: string) => boolean

/** Compiles a segment of a template that holds `anyRun`. */
export const createGlob = (template: string): Glob => {
  const parts = template.split(anyRun)
  const prefix = parts[0] ?? ''
  const suffix = parts.at(-1) ?? ''
  const between = parts.slice(1, -1)
  const shortest = Math.max(1, parts.join('').length)
  return (segment) => {
    if (segment.length < shortest || !segment.startsWith(prefix) || !segment.endsWith(suffix)) return false
    let from = prefix.length
    for (const part of between) {
      const at = segment.indexOf(part, from)
      if (at === -1) return false
      from = at + part.length
    }
    return from <= segment.length - suffix.length
  }
}
