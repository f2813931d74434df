// What benchmarks of several contenders share.
import { parseArgs } from 'node:util'

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * Measures each contender in turn, round by round, so that a noisy machine is noisy to all of them, and stops them;
 * `args` may say --rounds and --seconds. Answers each one's figures.
 */
export async function measureInTurn({ args, rounds, contenders, measure }) {
  const options = { rounds: { type: 'string', default: rounds }, seconds: { type: 'string', default: '3' } }
  const { values } = parseArgs({ args, options })
  const figures = contenders.map(() => [])
  try {
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      for (const [at, contender] of contenders.entries()) {
        figures[at].push(await measure(contender, Number(values.seconds)))
      }
      process.stderr.write(`round ${round} of ${values.rounds}\n`)
    }
  } finally {
    for (const contender of contenders) contender.stop()
  }
  return figures
}
