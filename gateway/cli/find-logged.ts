import { createReadStream } from 'node:fs'
import { z } from 'zod'
import type { JudgedSubject } from '../domain.js'
import { authenticationOf, type LimitExplanation, type PastRequest } from '../on-paper/index.js'
import { type ProblemCode, problems } from '../problems.js'
import type { Settings } from '../settings/index.js'
import { faultOf } from './fault.js'

const problemCode = z.string().refine((code): code is ProblemCode => Object.hasOwn(problems, code))
const texts = z.array(z.string())

/** A line of the access log, as far as it tells what was judged. */
const line = z.object({
  time: z.string(),
  request_id: z.string(),
  decision_id: z.string().optional(),
  revision: z.string().optional(),
  method: z.string(),
  host: z.string().nullable(),
  path: z.string().nullable(),
  address: z.string(),
  status: z.int(),
  verdict: z.enum(['allow', 'deny', 'limit']),
  code: problemCode.optional(),
  endpoint: z.string().optional(),
  rule: z.object({ index: z.int(), line: z.int(), path: z.string() }).optional(),
  credential: z.union([z.enum(['none', 'valid']), problemCode]).optional(),
  subject: z.string().optional(),
  issuer: z.string().optional(),
  username: z.string().nullable().optional(),
  roles: texts.optional(),
  scopes: texts.optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
  limits: z.record(z.string(), z.number()).optional()
})
type Line = z.infer<typeof line>

function subjectOf({ subject, issuer = 'self', username = null, roles = [], scopes = [], claims = {} }: Line) {
  if (subject === undefined) return null
  // A claim that was read and not there is logged as null.
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null))
  return { subject, issuer, username, roles, scopes, claims: present } satisfies JudgedSubject
}

function limitsOf({ limits = {}, code }: Line, { limits: defined, listenerLimit }: Settings): LimitExplanation[] {
  const counted = Object.entries(limits)
  return counted.map(([name, remaining], at) => {
    const limit = (name === listenerLimit?.name ? listenerLimit : defined[name]) ?? null
    // Counting stops at the limit that is over.
    const exceeded = code === 'rate_limited' && at === counted.length - 1
    return { name, limit, key: null, state: { remaining, resetMs: null, exceeded } }
  })
}

function toPast(logged: Line, settings: Settings): PastRequest {
  const { time, request_id, decision_id, revision, method, host, path, address, status, verdict, code, rule } = logged
  const isOwn = logged.endpoint !== undefined && decision_id === undefined && verdict === 'allow'
  return {
    at: time,
    requestId: request_id,
    decisionId: decision_id ?? null,
    revision: revision ?? null,
    method,
    host: host ?? '',
    path,
    address,
    authentication: logged.credential === undefined ? null : authenticationOf(logged.credential, subjectOf(logged)),
    verdict: { kind: isOwn ? 'own' : verdict, code: code ?? null, status, detail: null },
    limits: limitsOf(logged, settings),
    judgedBy: null,
    place: rule ?? null
  }
}

function parseLine(text: string): Line | null {
  try {
    return line.safeParse(JSON.parse(text)).data ?? null
  } catch {
    // Other lines share the file: of other logs, and broken ones.
    return null
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest
}

/** The request of this decision or request id in an access log; null: it is not there. A Fault when it cannot be read. */
export async function findLogged(file: string, id: string, settings: Settings): Promise<PastRequest | null> {
  const quoted = JSON.stringify(id)
  try {
    for await (const text of linesOf(file)) {
      const found = text.includes(quoted) ? parseLine(text) : null
      if (found !== null && (found.decision_id === id || found.request_id === id)) return toPast(found, settings)
    }
    return null
  } catch (error) {
    throw faultOf(`the log ${file} cannot be read`, error)
  }
}
