import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problems.js'
import { readJsonObject } from './strict-json.js'

/** Parameters of a request to an OAuth endpoint, by name; one without a value is as good as absent (RFC 6749 §3.2). */
export type Parameters = ReadonlyMap<string, string>

const malformed = (detail: string) => new Problem('invalid_request', { detail })

/** A name as it may stand in a description (RFC 6749 §5.2 allows few characters): ours do, others are not repeated. */
const naming = (name: string) => (/^[a-z_]{1,32}$/.test(name) ? `The parameter ${name}` : 'A parameter')

function collect(pairs: Iterable<readonly [string, unknown]>): Parameters {
  const seen = new Set<string>()
  const parameters = new Map<string, string>()
  for (const [name, value] of pairs) {
    if (seen.has(name)) throw malformed(`${naming(name)} stands twice.`)
    if (typeof value !== 'string') throw malformed(`${naming(name)} is no text.`)
    seen.add(name)
    if (value !== '') parameters.set(name, value)
  }
  return parameters
}

function parseJson(body: Buffer): Parameters {
  const fields = readJsonObject(body)
  if (fields === null) throw malformed('The body is no JSON object, or a name stands twice in it.')
  return collect(Object.entries(fields))
}

/** Bodies are forms (RFC 6749 §4.4.2) or, as at our other endpoints, JSON objects; both are read into Parameters. */
export function parseParameters(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const readers = {
    'application/x-www-form-urlencoded': (body: Buffer) => collect(new URLSearchParams(body.toString('utf8'))),
    'application/json': parseJson
  }
  for (const [type, read] of Object.entries(readers)) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => read(body))
  }
  app.addContentTypeParser('*', async () => {
    throw malformed('The body must be a form or JSON.')
  })
}

/** The parameters of a request's body. They may not stand in the query, where logs and proxies see them (§2.3.1). */
export function readParameters({ body }: FastifyRequest, query: string): Parameters {
  for (const name of new URLSearchParams(query).keys()) {
    if (CONFIDENTIAL.has(name)) throw malformed(`${naming(name)} must stand in the body, not in the query.`)
  }
  if (!(body instanceof Map)) throw malformed('The body must be a form or JSON.')
  return body
}

const CONFIDENTIAL = new Set(['client_id', 'client_secret', 'grant_type', 'scope', 'token', 'refresh_token'])

/** A parameter that must be there. */
export function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw malformed(`${naming(name)} is missing.`)
  return value
}
