import { existsSync, readFileSync } from 'node:fs'
import { METHODS } from 'node:http'
import { isIP } from 'node:net'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { LimitState, ServingState } from '../admin/index.js'
import type { Claims } from '../domain.js'
import type { RememberedRequest } from '../evidence.js'
import { type Explanation, explainPaper, explainPast, type PastRequest, pastOf, withStates } from '../on-paper/index.js'
import type { Settings } from '../settings/index.js'
import { type IdentityOptions, readIdentity } from './explain-identity.js'
import { explanationAsJson } from './explain-json.js'
import { type Answer, explanationAsText } from './explain-text.js'
import { Fault } from './fault.js'
import { findLogged } from './find-logged.js'
import { connectOperator, type OperatorClient } from './operator-socket.js'
import { requireUnproved } from './read-settings.js'

interface ExplainOptions extends IdentityOptions {
  readonly config: string
  readonly host?: string
  readonly address?: string
  readonly log?: string
  readonly all?: boolean
  readonly json?: boolean
}

const LOOPBACK = '127.0.0.1'

const readNames =
  (what: string, names: RegExp) =>
  (text: string): string[] => {
    const read = text.split(',').filter((name) => name !== '')
    const wrong = read.find((name) => !names.test(name))
    if (wrong !== undefined) throw new InvalidArgumentError(`${JSON.stringify(wrong)} is no ${what}`)
    return read
  }
const readRoles = readNames('role', /^[A-Za-z0-9:_./-]{1,64}$/)
// RFC 6749 §3.3.
const readScopes = readNames('scope', /^[\x21\x23-\x5B\x5D-\x7E]+$/)

function readClaims(text: string): Claims {
  try {
    const claims: unknown = JSON.parse(text)
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return claims as Claims
  } catch {
    // Said below, for whatever else it is too.
  }
  throw new InvalidArgumentError(`write them as a JSON object, such as '{"sub":"42","roles":["user"]}'`)
}

function readAddress(text: string): string {
  // RFC 4291 §2.5.5.2: as rules see it.
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '')
  if (isIP(address) === 0) throw new InvalidArgumentError('write an IPv4 or IPv6 address')
  return address
}

/** `explain METHOD PATH` and `explain DECISION_ID`: why a request would be, or was, answered as it is. */
export function explainCommand(): Command {
  const identity = (flags: string, description: string, ...others: readonly string[]) =>
    new Option(flags, description).conflicts([...others])
  const command: Command = new Command('explain')
    .description('say why a request would be let through or refused, or why one was')
    .argument('<method-or-id>', 'a method such as GET; or the decision_id or request_id of an error or a log line')
    .argument('[path]', 'a path with its query, or a full URL')
    .option('-c, --config <file>', 'the settings file', 'gateway.yaml')
    .option('--host <host>', 'the Host that is asked for')
    .option('--address <ip>', "the client's address (127.0.0.1)", readAddress)
    .addOption(identity('--as <user>', 'ask as this user', 'roles', 'scopes', 'claims', 'token'))
    .addOption(identity('--roles <roles>', 'ask as somebody with these roles', 'claims', 'token').argParser(readRoles))
    .addOption(identity('--scopes <scopes>', 'with these scopes', 'claims', 'token').argParser(readScopes))
    .addOption(identity('--claims <json>', 'ask with a token of these claims', 'token').argParser(readClaims))
    .option('--token <token>', 'ask with this access token, which is verified; - reads it from standard input')
    .option('--log <file>', 'find the decision in this access log')
    .option('--all', 'show every rule that was passed over')
    .option('--json', 'answer as JSON')
    .action(async (first: string, path: string | undefined, options: ExplainOptions) => {
      const misuse = misuseOf(first, path, options)
      if (misuse !== null) command.error(`error: ${misuse}`)
      const settings = await requireUnproved(options.config, process.env)
      const client = await connectOperator(settings.dataDirectory)
      try {
        const answer =
          path === undefined
            ? await explainId(first, options, settings, client)
            : await explainRequest(first.toUpperCase(), path, options, settings, client)
        if (options.json === true) process.stdout.write(`${JSON.stringify(explanationAsJson(answer))}\n`)
        else process.stdout.write(`${explanationAsText(answer)}\n`)
      } finally {
        client?.close()
      }
    })
  return command
}

const OF_REQUESTS = ['host', 'address', 'as', 'roles', 'scopes', 'claims', 'token'] as const

/** What was meant by the arguments; null: they mean something. */
function misuseOf(first: string, path: string | undefined, options: ExplainOptions): string | null {
  if (path !== undefined) {
    if (!METHODS.includes(first.toUpperCase())) return `${JSON.stringify(first)} is no method: write GET /path`
    return options.log === undefined ? null : '--log is for a decision_id or request_id'
  }
  if (first.includes('/')) return `write the method too: explain GET ${first}`
  if (METHODS.includes(first.toUpperCase())) return `write a path too: explain ${first.toUpperCase()} /path`
  const given = OF_REQUESTS.find((name) => options[name] !== undefined)
  return given === undefined ? null : `--${given} is for a request on paper, not for one that was judged`
}

interface Asked {
  readonly target: string
  /** null: the path alone was asked for. */
  readonly authority: string | null
}

/** What a client would send for this text; it never sends the fragment of a URL. */
function readAsked(text: string): Asked {
  const [, authority, target = ''] = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(text) ?? []
  if (authority === undefined) return { target: text, authority: null }
  return { target: target.startsWith('/') ? target : `/${target}`, authority }
}

/** How a client would call this gateway, if nothing says it. */
function usualAuthority({ publicUrl, listen }: Settings): string {
  if (publicUrl !== null) return new URL(publicUrl).host
  const everywhere = listen.host === '0.0.0.0' || listen.host === '::'
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host
  return `${everywhere ? 'localhost' : host}:${listen.port}`
}

/** The environment of the gateway may have sent it to other upstreams than ours would. */
function asServed(settings: Settings, serving: ServingState | null): Settings {
  if (serving?.revision !== settings.revision) return settings
  const upstreams = Object.entries(settings.upstreams).map(([name, upstream]) => {
    return [name, { ...upstream, origins: serving.upstreams[name] ?? upstream.origins }]
  })
  return { ...settings, upstreams: Object.fromEntries(upstreams) }
}

const askServing = async (client: OperatorClient | null) =>
  client === null ? null : ((await client.call('GET', '/api/serving')) as ServingState)

/** What is left of the limits, for whoever runs this very file. */
async function askLimits(explanation: Explanation, client: OperatorClient): Promise<Explanation> {
  const wanted = explanation.limits.flatMap(({ name, key }) => (key === null ? [] : [{ limit: name, key }]))
  if (wanted.length === 0) return explanation
  const { limits } = (await client.call('POST', '/api/limits', { wanted })) as { limits: LimitState[] }
  return withStates(explanation, limits)
}

async function explainRequest(
  method: string,
  path: string,
  options: ExplainOptions,
  given: Settings,
  client: OperatorClient | null
): Promise<Answer> {
  const serving = await askServing(client)
  const settings = asServed(given, serving)
  const { authentication, note } = await readIdentity(options, settings, client)
  const asked = readAsked(path)
  const authority = options.host ?? asked.authority ?? usualAuthority(settings)
  const address = options.address ?? LOOPBACK
  const paper = explainPaper(settings, { method, target: asked.target, authority, address, authentication })
  const isServed = client !== null && serving?.revision === settings.revision
  const explanation = isServed ? await askLimits(paper, client) : paper
  const notes = note === null ? [] : [note]
  if (serving !== null && !isServed) {
    notes.push(
      `The running gateway serves another revision (${serving.revision}) than this file (${settings.revision}).`
    )
  }
  if (serving === null && explanation.limits.length > 0) {
    notes.push('No gateway is running on this file, so nobody can say what is left of the limits.')
  }
  if (method === 'OPTIONS' && settings.cors.origins.length > 0) {
    notes.push('A preflight of an origin that `cors` lists is answered before any rule.')
  }
  const { file, source } = readSource(options.config)
  return { explanation, file, source, asked: asked.target, judged: null, notes, all: options.all === true }
}

async function explainId(
  id: string,
  options: ExplainOptions,
  given: Settings,
  client: OperatorClient | null
): Promise<Answer> {
  const settings = asServed(given, await askServing(client))
  const past =
    options.log === undefined ? await recall(id, settings, client) : await findLogged(options.log, id, settings)
  if (past === null) throw new Fault(`portcullis: ${options.log} holds no decision or request ${id}`)
  const { explanation, by } = explainPast(settings, past)
  const { file, source } = readSource(options.config)
  return { explanation, file, source, asked: null, judged: { past, by }, notes: [], all: options.all === true }
}

/** What the running gateway remembers, or else what its access log says. */
async function recall(id: string, settings: Settings, client: OperatorClient | null): Promise<PastRequest> {
  if (client !== null) {
    const { remembered } = (await client.call('GET', `/api/decisions/${encodeURIComponent(id)}`)) as {
      remembered: RememberedRequest | null
    }
    if (remembered !== null) return pastOf(remembered)
  }
  const { access } = settings.logs
  const logged = access.kind === 'file' && existsSync(access.path) ? await findLogged(access.path, id, settings) : null
  if (logged !== null) return logged
  const why = client === null ? 'no gateway is running' : 'the gateway remembers the last 10,000, and not this one'
  throw new Fault(`portcullis: ${why}; look for ${id} in an access log with --log FILE`)
}

const readSource = (file: string) => ({ file, source: readFileSync(file, 'utf8') })
