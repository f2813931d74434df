/** Whether an upstream takes whoever asks it for whom a header says. */
import { randomBytes } from 'node:crypto'
import type { Ask, Reply } from './ask.js'

/**
 * `admitted`: what was refused is answered; `shown`: the answer names whom the header says; `differs`: the answer is
 * another one, for whatever reason.
 */
export type Effect = 'admitted' | 'shown' | 'differs'

export interface Belief {
  /** As it was sent. */
  readonly name: string
  readonly effect: Effect
  /** Statuses without the header and with it. */
  readonly before: number
  readonly after: number
}

export interface Beliefs {
  readonly beliefs: readonly Belief[]
  /** It answers with whatever it is sent, so that what it shows proves nothing. */
  readonly echoes: boolean
}

export interface BeliefOptions {
  readonly ask: Ask
  readonly path: string
  /** What is answered to nobody, twice. */
  readonly plain: readonly [Reply, Reply]
  /** Names by which upstreams are told who asks. */
  readonly names: readonly string[]
}

const isSuccess = (status: number) => status >= 200 && status < 300
const made = (what: string) => `${what}${randomBytes(6).toString('hex')}`

/** A token that nobody has signed (RFC 7519 §6). */
function unsignedToken(subject: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { sub: subject, username: subject, roles: ['admin'], iat: now, exp: now + 60 }
  const parts = [{ alg: 'none', typ: 'JWT' }, claims].map((part) => JSON.stringify(part))
  return `${parts.map((part) => Buffer.from(part).toString('base64url')).join('.')}.`
}

/** Roles as they are often called; else somebody whom nobody knows. */
function forgedValue(name: string, mark: string): string {
  if (/role|group/i.test(name)) return `admin,${mark}`
  if (/email/i.test(name)) return `${mark}@example.invalid`
  return /assertion|token|jwt/i.test(name) ? unsignedToken(mark) : mark
}

/** Asks by all names at once, and by each alone if that makes a difference. */
export async function probeBelief({ ask, path, plain: [first, second], names }: BeliefOptions): Promise<Beliefs> {
  // One that tells which fields it is sent answers otherwise to any, and that means nothing.
  const unrelated = await ask({
    path,
    fields: { 'X-Portcullis-Control': made('control'), 'X-Portcullis-Other': made('other') }
  })
  const isSteady = [second, unrelated].every((reply) => 'digest' in reply && reply.digest === first.digest)

  async function askBy(sent: readonly string[]) {
    const [mark, control] = [made('probe'), made('control')]
    const forged = Object.fromEntries(sent.map((name) => [name, forgedValue(name, mark)]))
    const reply = await ask({ path, fields: { ...forged, 'X-Portcullis-Control': control } })
    if ('unreachable' in reply) return { effect: null, echoes: false, after: 0 }
    const echoes = reply.body.includes(control)
    return { effect: effectOf(reply, mark, echoes), echoes, after: reply.status }
  }

  function effectOf({ status, body, digest }: Reply, mark: string, echoes: boolean): Effect | null {
    if (!isSuccess(first.status) && isSuccess(status)) return 'admitted'
    if (echoes) return null
    if (body.includes(mark)) return 'shown'
    return isSteady && digest !== first.digest ? 'differs' : null
  }

  const together = await askBy(names)
  const beliefs: Belief[] = []
  for (const name of together.effect === null ? [] : names) {
    // Many servers read both spellings alike: the second is asked only where the first says nothing.
    for (const spelling of [name, name.replaceAll('-', '_')]) {
      const { effect, after } = await askBy([spelling])
      if (effect === null) continue
      beliefs.push({ name: spelling, effect, before: first.status, after })
      break
    }
  }
  return { beliefs, echoes: together.echoes }
}
