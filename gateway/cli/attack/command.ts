import { Command, InvalidArgumentError } from 'commander'
import {
  type Attack,
  corpus,
  FAMILIES,
  fireAll,
  type Ground,
  type RunOptions,
  type Survey,
  survey
} from '../../attack/index.js'
import { Fault } from '../fault.js'
import { readPassword } from '../read-password.js'
import { requireUnproved } from '../read-settings.js'
import { readToken } from '../read-token.js'
import { groundAt, isThisMachine } from './by-url.js'
import { startOwnGateway } from './own-gateway.js'
import { listJson, listText, showJson, showText } from './reports.js'

interface AttackOptions {
  readonly config?: string
  readonly path?: string
  readonly open?: string
  readonly token?: string
  readonly login?: string
  readonly only?: readonly Attack[]
  readonly yes?: boolean
  readonly list?: boolean
  readonly json?: boolean
}

/** Whatever has not been fired by then is not. */
const MOST_MS = 120_000

function readUrl(text: string): URL {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) {
    const url = new URL(text)
    if (url.pathname === '/' && url.search === '' && url.username === '') return url
  }
  throw new InvalidArgumentError('write scheme, host and port alone, such as http://127.0.0.1:8080')
}

function readPath(text: string): string {
  if (/^\/[!-~]*$/.test(text) && !/[?#\\%;]|\/\/|\/\.{1,2}(?:\/|$)/.test(text)) return text
  throw new InvalidArgumentError('write a plain path such as /api/admin/users')
}

function readOnly(text: string): readonly Attack[] {
  const wanted = text.split(',')
  const unknown = wanted.find((name) => !corpus.some(({ family, id }) => family === name || id === name))
  if (unknown === undefined) return corpus.filter(({ family, id }) => wanted.includes(family) || wanted.includes(id))
  throw new InvalidArgumentError(`no attack or family is called ${JSON.stringify(unknown)}; --list shows them`)
}

/** `attack [URL]`: fires the corpus at a gateway of its own, or at one that runs; exit 1 when a way past it is found. */
export function attackCommand(): Command {
  const command = new Command('attack')
    .description("fire the known ways past a gateway: at one's own that runs, or at the settings file alone")
    .argument('[url]', 'the gateway, such as http://127.0.0.1:8080; without it one is started from the file', readUrl)
    .option('-c, --config <file>', 'the settings file: gateway.yaml without a URL, none with one')
    .option('--path <path>', 'a path that is refused', readPath)
    .option('--open <path>', 'with a URL: a path that anyone may reach', readPath)
    .option(
      '--token <token>',
      'with a URL: the token of a user who may not reach the path; - reads it from standard input'
    )
    .option('--login <user>', 'with a URL: sign in as this user; the password is asked for')
    .option('--only <names>', `of these only, by commas: ${FAMILIES.join(', ')}, or ids`, readOnly)
    .option('--yes', 'attack a host beyond this machine: you may, and it is yours')
    .option('--list', 'list the attacks and fire none')
    .option('--json', 'answer as JSON')
  return command.action(async (url: URL | undefined, options: AttackOptions) => {
    const attacks = options.only ?? corpus
    if (options.list === true) {
      process.stdout.write(options.json === true ? listJson(attacks) : listText(attacks))
      return
    }
    const misuse = misuseOf(url, options)
    if (misuse !== null) command.error(`error: ${misuse}`, { exitCode: 2 })
    const startedMs = performance.now()
    const { target, ground, close } = await open(url, options)
    try {
      const known = await survey(ground)
      const unfit = whyUnfit(ground, known)
      if (unfit !== null) command.error(`error: ${unfit}`, { exitCode: 2 })
      const results = await fireAll(ground, known, { attacks, mostMs: MOST_MS, ...watched(attacks) })
      const report = { target, results, ground, ms: performance.now() - startedMs }
      process.stdout.write(options.json === true ? showJson(report) : showText(report))
      if (results.some(({ outcome }) => outcome === 'found')) process.exitCode = 1
    } finally {
      await close()
    }
  })
}

/** How many shots of how many, on a terminal. */
function watched(attacks: readonly Attack[]): Pick<RunOptions, 'onResult'> {
  if (process.stderr.isTTY !== true) return {}
  const all = attacks.reduce((sum, { from }) => sum + from.length, 0)
  let fired = 0
  return {
    onResult() {
      fired += 1
      process.stderr.write(fired === all ? '\r\u001b[K' : `\r${fired} of ${all} shots`)
    }
  }
}

function misuseOf(url: URL | undefined, { open, token, login, yes }: AttackOptions): string | null {
  if (url === undefined) {
    return [open, token, login].some((option) => option !== undefined)
      ? '--open, --token and --login are for a gateway that runs: name its URL'
      : null
  }
  if (token !== undefined && login !== undefined) return 'name either --token or --login'
  if (isThisMachine(url) || yes === true) return null
  return `${url.hostname} is not this machine. If it is yours, and may be attacked, say --yes`
}

interface Opened {
  readonly target: string
  readonly ground: Ground
  readonly close: () => Promise<void>
}

async function open(url: URL | undefined, options: AttackOptions): Promise<Opened> {
  const path = options.path ?? null
  if (url === undefined) {
    const file = options.config ?? 'gateway.yaml'
    const own = await startOwnGateway(await requireUnproved(file, process.env), path)
    return { target: `${file}, served by a gateway of its own`, ...own }
  }
  const { config, login, token } = options
  const settings = config === undefined ? null : await requireUnproved(config, process.env)
  const credentials =
    login === undefined ? null : { username: login, password: await readPassword(`password of ${login}`, 'once') }
  const ground = await groundAt(url, {
    path,
    open: options.open ?? null,
    token: token === undefined ? null : await readToken(token),
    credentials,
    settings
  })
  return { target: url.origin, ground, close: async () => {} }
}

/** Without a path that is refused nothing can be told from a bypass. */
function whyUnfit({ positions }: Ground, { baselines }: Survey): string | null {
  const position = positions['stranger-refused']
  const baseline = baselines.get('stranger-refused')
  if (position === undefined || baseline === undefined)
    return 'the rules refuse nothing to strangers: there is no way past them'
  if (!('unusable' in baseline)) return null
  if (baseline.unusable.endsWith('is not answered')) {
    throw new Fault(`portcullis: nothing answers GET ${position.path} at ${position.host}`)
  }
  return `${position.method} ${position.path}: ${baseline.unusable}. Name a path that is refused by --path`
}
