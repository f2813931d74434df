import { findExcess, readPattern } from '../../policy/index.js'
import { parseSettings } from '../../settings/index.js'
import { Fault } from '../fault.js'

/** A line of the settings, which may have to go. */
export interface Line {
  readonly text: string
  /** The setting of Django's that it stands for, or the words for it; without one it has to stay. */
  readonly of?: string
  /** What is read in its place: a secret, where the line names the file that it is going to be in. */
  readonly proof?: string
}

export interface Settled {
  readonly lines: readonly Line[]
  readonly notes: readonly string[]
}

/** As YAML reads it; nothing in it is taken for a name of the environment. */
export const quoted = (text: string) => JSON.stringify(text).replaceAll('${', () => '$${')

/** A line that may have to go because of others goes later than they do. */
const MOST_ROUNDS = 50

/**
 * Reads the settings as a gateway would, and makes comments of lines that it would refuse, each told in a note, until
 * the file is good. Throws a Fault with the mistake of a line that has to stay.
 */
export function settleLines(given: readonly Line[]): Settled {
  let lines = given
  const notes: string[] = []
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const source = lines.map(({ text, proof }) => proof ?? text).join('\n')
    const result = parseSettings('gateway.yaml', `${source}\n`, {}, { findExcess, readPattern })
    if (!('mistakes' in result)) return { lines, notes }
    const faults = new Map(result.mistakes.map((mistake) => [mistake.line - 1, mistake]))
    lines = lines.map((line, index) => {
      const fault = faults.get(index)
      if (fault === undefined) return line
      const why = `${fault.message}${fault.hint === null ? '' : `, ${fault.hint}`}`
      if (line.of === undefined) throw new Fault(`portcullis: the settings cannot be written: ${fault.path} ${why}`)
      notes.push(`${line.of} cannot be taken over: ${fault.path} ${why}`)
      return { text: line.text.replace(/^( *)/, '$1# ') }
    })
    if (![...faults.keys()].some((index) => given[index] !== undefined)) break
  }
  throw new Fault('portcullis: the settings of Django cannot be written as those of a gateway')
}
