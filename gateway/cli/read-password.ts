import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Fault } from './fault.js'

/** What is typed as answers, unseen. One line editor asks them all: a second one would miss lines that came at once. */
function askHidden(questions: readonly string[]): Promise<string[]> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true })
  const answers: string[] = []
  const ask = () => process.stderr.write(`${questions[answers.length]}: `)
  return new Promise<string[]>((resolve, reject) => {
    prompt.on('SIGINT', () => prompt.close())
    prompt.on('close', () => reject(new Fault('portcullis: nothing was changed')))
    prompt.on('line', (line) => {
      process.stderr.write('\n')
      if (answers.push(line) < questions.length) ask()
      else resolve(answers)
    })
    ask()
  }).finally(() => prompt.close())
}

async function readFirstLine(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return (Buffer.concat(chunks).toString('utf8').split('\n')[0] ?? '').replace(/\r$/, '')
}

/**
 * A password from a prompt, or the first line of standard input. Never from an argument. A new one is asked for twice;
 * one that is known already will show by itself when it is mistyped.
 */
export async function readPassword(question: string, times: 'once' | 'twice' = 'twice'): Promise<string> {
  if (process.stdin.isTTY !== true) {
    const password = await readFirstLine()
    if (password === '') throw new Fault('portcullis: standard input holds no password')
    return password
  }
  const [password = '', again] = await askHidden(times === 'once' ? [question] : [question, 'once more'])
  if (times === 'twice' && again !== password) throw new Fault('portcullis: the two passwords differ')
  return password
}
