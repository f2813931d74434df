import { Fault } from './fault.js'

/** A token as it was pasted, or with `-` from standard input: with white space around it, or `Bearer ` before it. */
export async function readToken(argument: string): Promise<string> {
  const chunks: Buffer[] = []
  if (argument === '-') for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const text = argument === '-' ? Buffer.concat(chunks).toString('utf8') : argument
  const token = text.trim().replace(/^bearer +/i, '')
  if (token === '') throw new Fault('portcullis: standard input holds no token')
  return token
}
