import { readFile, stat } from 'node:fs/promises'
import { type Api, oneLine, readApi, type SpecMistake } from '../openapi/index.js'
import { readPattern } from '../policy/index.js'
import { Fault, faultOf } from './fault.js'
import { count } from './read-settings.js'

/** A bound for what is read at all; the reader of the text has a closer one. */
const largest = 64 * 1024 * 1024

/** The API of an OpenAPI document, or a Fault that lists what is wrong with it. */
export async function readSpec(file: string): Promise<Api> {
  if (/^https?:\/\//i.test(file)) {
    throw new Fault(`portcullis: ${oneLine(file)}: a document is read from a file, fetch it first: curl -O ...`)
  }
  const read = readApi(await readText(file), { faultOfPattern })
  if ('api' in read) return read.api
  const { mistakes } = read
  const lines = mistakes.map((mistake) => showMistake(file, mistake))
  throw new Fault(`${lines.join('\n')}\n${count(mistakes.length, 'mistake')} in ${file}`)
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > largest) throw new Fault(`portcullis: ${file} is larger than 64 MiB`)
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (error) {
    if (error instanceof TypeError) throw new Fault(`portcullis: ${file} is not UTF-8 text`)
    throw faultOf(`cannot read ${file}`, error)
  }
}

/** `spec.yaml:12:5 /paths/~1pets/get/security: must be a list of security requirements`. */
function showMistake(file: string, { pointer, place, message }: SpecMistake): string {
  const at = place === null ? `${file}:` : `${file}:${place.line}:${place.column}`
  return `${at} ${pointer === '' ? '' : `${oneLine(pointer)}: `}${oneLine(message, 200)}`
}

function faultOfPattern(pattern: string): string | null {
  const read = readPattern(pattern)
  if ('fault' in read) return read.fault
  return read.needs.length === 0 ? null : 'Its path holds an encoded slash, a semicolon or an empty segment.'
}
