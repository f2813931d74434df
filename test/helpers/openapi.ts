import { type Api, readApi, writeSettings } from '../../gateway/openapi/index.js'
import { readPattern } from '../../gateway/policy/index.js'
import type { Settings } from '../../gateway/settings/index.js'
import { settingsOf } from './gateway.js'

/** As the command judges patterns. */
export function faultOfPattern(pattern: string): string | null {
  const read = readPattern(pattern)
  if ('fault' in read) return read.fault
  return read.needs.length === 0 ? null : 'odd'
}

/** The API of a document given as text or as an object, or an error that lists its mistakes. */
export function apiOf(document: string | object): Api {
  const read = readApi(typeof document === 'string' ? document : JSON.stringify(document), { faultOfPattern })
  if ('api' in read) return read.api
  throw new Error(mistakesOf(document).join('\n'))
}

/** `line:column pointer: message` of each mistake. */
export function mistakesOf(document: string | object): string[] {
  const read = readApi(typeof document === 'string' ? document : JSON.stringify(document, null, 2), { faultOfPattern })
  if ('api' in read) return []
  return read.mistakes.map(({ place, pointer, message }) => {
    return `${place === null ? '?' : `${place.line}:${place.column}`} ${pointer}: ${message}`
  })
}

/** The file that is made of a document. */
export const fileOf = (document: string | object): string =>
  writeSettings(apiOf(document), { document: 'spec.json', file: 'gateway.yaml', schemaLine: null })

/** What the gateway reads in that file. */
export const settingsFrom = (document: string | object): Settings => settingsOf(fileOf(document), '/nowhere')

/** A document of these paths, and whatever else is given. */
export const documentOf = (paths: object, rest: object = {}): object => ({ openapi: '3.1.0', paths, ...rest })
