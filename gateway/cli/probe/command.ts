import { Command, InvalidArgumentError } from 'commander'
import { IDENTITY_NAMES } from '../../attack/index.js'
import { believes, probeUpstream } from '../../probe/index.js'
import { stripPrefix } from '../../proxy/index.js'
import type { Settings, Upstream } from '../../settings/index.js'
import { samplePath } from '../attack/places.js'
import { requireUnproved } from '../read-settings.js'
import { type ProbedUpstream, showJson, showText } from './reports.js'

interface ProbeOptions {
  readonly path?: string
  readonly upstream?: string
  readonly json?: boolean
}

function readPath(text: string): string {
  if (/^\/[!-~]*$/.test(text) && !text.includes('#')) return text
  throw new InvalidArgumentError('write a path such as /api/me')
}

/** Every address of an upstream. */
const originsOf = ({ origins }: Upstream): readonly string[] => origins

/** A path that a rule sends there: one that strangers may not reach, and literal, if there is any. */
function pathFor({ rules }: Settings, { name, stripPrefix: prefix }: Upstream): string {
  const own = rules.filter(
    ({ upstream, methods }) => upstream === name && (methods === null || methods.includes('GET'))
  )
  const weight = ({ allow, path }: (typeof own)[number]) =>
    (allow.kind === 'anyone' ? 0 : 2) + (/[{*]/.test(path) ? 0 : 1)
  const [best] = [...own].sort((one, other) => weight(other) - weight(one))
  return best === undefined ? '/' : stripPrefix(samplePath(best.path), prefix)
}

/** `probe [FILE]`: asks each upstream past the gateway; exit 1 when one believes who it is told, or none can be asked. */
export function probeCommand(): Command {
  const command = new Command('probe')
    .description('ask each upstream directly, with a forged identity, whether it believes it, and how it reads paths')
    .argument('[file]', 'the settings file', 'gateway.yaml')
    .option(
      '--path <path>',
      'what to ask for, as the upstream is asked; one that needs an identity tells most',
      readPath
    )
    .option('--upstream <name>', 'this upstream only')
    .option('--json', 'answer as JSON')
  return command.action(async (file: string, options: ProbeOptions) => {
    const settings = await requireUnproved(file, process.env)
    const upstreams = Object.values(settings.upstreams).filter(({ name }) => (options.upstream ?? name) === name)
    if (upstreams.length === 0) {
      command.error(`error: no upstream is called ${JSON.stringify(options.upstream)}`, { exitCode: 2 })
    }
    const names = [...new Set([...Object.keys(settings.identity.headers), ...IDENTITY_NAMES.map(([name]) => name)])]
    const host = settings.publicUrl === null ? null : new URL(settings.publicUrl).host
    const probed: ProbedUpstream[] = []
    for (const upstream of upstreams) {
      const path = options.path ?? pathFor(settings, upstream)
      for (const origin of originsOf(upstream)) {
        const { tls } = upstream
        const found = await probeUpstream({ origin, host: upstream.host === 'client' ? host : null, path, names, tls })
        probed.push({ upstream, origin, path, found })
      }
    }
    process.stdout.write(options.json === true ? showJson(probed) : showText(probed))
    const asked = probed.flatMap(({ found }) => ('unreachable' in found ? [] : [found]))
    if (asked.length === 0 || asked.some(believes)) process.exitCode = 1
  })
}
