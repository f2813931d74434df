import { chmod } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseJson } from '../../directories/index.js'
import { Fault, faultOf } from '../fault.js'
import { readText } from '../read-text.js'
import { writeNew } from '../write-new.js'
import { readDump } from './read-dump.js'
import { writeGateway } from './write-gateway.js'

interface FromDjango {
  readonly output: string
  readonly prefix: string
  readonly schemaLine: string | null
  readonly force: boolean
}

/** Only its owner may read a key. */
const OWNERS = 0o600

async function readJson(file: string): Promise<unknown> {
  const read = await readText(file).catch((error: unknown) => {
    throw faultOf(`cannot read ${file}`, error)
  })
  if ('fault' in read) throw new Fault(`portcullis: ${file}: ${read.fault}`)
  const parsed = parseJson(read.text)
  if ('value' in parsed) return parsed.value
  throw new Fault(`portcullis: ${file} is no JSON: line ${parsed.fault.line}, column ${parsed.fault.column}`)
}

/** `init --from-django`: the settings of a site as those of a gateway in front of it, its key in a file beside. */
export async function initFromDjango(dump: string, { output, prefix, schemaLine, force }: FromDjango): Promise<void> {
  const django = readDump(await readJson(dump))
  if (django === null)
    throw new Fault(`portcullis: ${dump} has no SIMPLE_JWT and no REST_FRAMEWORK: see docs/simplejwt.md`)
  const { text, key, notes } = writeGateway(django, { prefix, schemaLine })
  const keyFile = key === null ? null : join(dirname(output), key.file)
  if (key !== null && keyFile !== null) {
    await writeNew(keyFile, key.content, { force, mode: OWNERS })
    // A file that was replaced has the mode that it had.
    await chmod(keyFile, OWNERS)
  }
  await writeNew(output, text, { force })
  for (const note of notes) process.stderr.write(`warning: ${note}\n`)
  const taken = keyFile === null ? '.' : `, and the signing key to ${keyFile}. Delete ${dump}: it holds the key, too.`
  process.stdout.write(`${output} written${taken}\n`)
}
