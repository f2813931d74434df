// What benchmarks of several contenders share.
import { request } from 'node:http'
import { parseArgs } from 'node:util'

/** Settings by which the gateway answers as the site that it is compared with. */
export const SIMPLEJWT =
  'compat: { simplejwt: { rotate: true, signing_key: { secret: "a key for benchmarks only, long enough" } } }'

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/**
 * Measures each contender in turn, round by round, so that a noisy machine is noisy to all of them, and stops them;
 * `args` may say --rounds and --seconds. Answers each one's figures.
 */
export async function measureInTurn({ args, rounds, seconds = '3', contenders, measure }) {
  const options = { rounds: { type: 'string', default: rounds }, seconds: { type: 'string', default: seconds } }
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

/** Does it again and again for so many seconds, and once at least; answers how often. */
export async function repeat(once, seconds) {
  const end = performance.now() + seconds * 1000
  let done = 0
  do {
    await once()
    done += 1
  } while (performance.now() < end)
  return done
}

const ratio = (value, base) => (value * 2 < base ? `1/${(base / value).toFixed(1)}` : (value / base).toFixed(2))

/** A line for each contender: its figures summed up, and how they compare with those of `base`, by default the last. */
export function tableOf({ title, contenders, figures, base = contenders.length - 1, digits = 1 }) {
  const rows = contenders.map(({ name }, at) => {
    const of = (values) => [median(values), Math.min(...values), Math.max(...values)]
    const [own, other] = [of(figures[at]), of(figures[base])]
    return [name, ...own.map((value) => value.toFixed(digits)), ratio(own[0], other[0]), ratio(own[1], other[1])]
  })
  const head = ['who', 'median', 'best', 'worst', 'ratio by median', 'by best']
  const width = Math.max(...rows.map(([name]) => name.length))
  const line = ([name, ...cells]) =>
    [name.padEnd(width), ...cells.map((cell, at) => cell.padStart(Math.max(8, head[at + 1].length)))].join(' ')
  return `${title}\n${[head, ...rows].map(line).join('\n')}\n`
}

/** Posts JSON and answers the JSON of the answer; rejects unless that is 200. */
export function post(agent, url, body) {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': text.length }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      let answer = ''
      response.on('data', (chunk) => {
        answer += chunk
      })
      response.once('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(answer))
        else reject(new Error(`${url} answered ${response.statusCode}: ${answer}`))
      })
    })
    asked.once('error', reject)
    asked.setTimeout(20_000, () => asked.destroy(new Error(`${url} did not answer in 20 s`)))
    asked.end(text)
  })
}
