import type { Gateway } from '../app.js'
import { proveApart } from '../on-paper/index.js'
import type { Resources } from '../serving.js'
import { formatMistake, type Mistake, type Settings } from '../settings/index.js'
import type { Logs } from './logs.js'
import { type Environment, readSettings } from './read-settings.js'
import { createShadowFile } from './shadow-file.js'
import type { TendedCertificate } from './tend-certificate.js'
import { watchFile } from './watch-file.js'

export interface ReloadOptions {
  readonly file: string
  readonly environment: Environment
  readonly settings: Settings
  readonly gateway: Gateway
  readonly resources: Pick<Resources, 'metrics' | 'audit'>
  readonly certificate: TendedCertificate
  readonly logs: Logs
}

/** Settings that are read once: what stands in the file later waits for the next start. */
const NEEDS_RESTART: Readonly<Record<string, (settings: Settings) => unknown>> = {
  listen: ({ listen }) => listen,
  // Which files, may change.
  tls: ({ tls }) => tls !== null,
  'admin.listen': ({ admin }) => admin.listen,
  store: ({ store }) => store,
  logs: ({ logs }) => logs,
  'users.source': ({ users: { source } }) =>
    source.kind === 'postgres' ? [source, source.server.password?.reveal()] : source,
  'tokens.algorithm': ({ tokens }) => tokens.algorithm,
  // Revealed, because a secret says the same of itself whatever it is; what is compared goes nowhere.
  'identity.assertion.keys': ({ identity: { assertion } }) => assertion?.keys,
  'tokens.keys': ({ tokens: { keys } }) => (keys.kind === 'secret' ? keys.secret.reveal() : keys)
}

function changedButFixed(started: Settings, now: Settings): string[] {
  return Object.entries(NEEDS_RESTART).flatMap(([name, read]) =>
    JSON.stringify(read(started)) === JSON.stringify(read(now)) ? [] : [name]
  )
}

/** What fits into a line of a log, and into the details of readiness. */
const MOST_LOGGED = 20

function summarize(mistakes: readonly Mistake[]): string[] {
  const logged = mistakes.slice(0, MOST_LOGGED).map(formatMistake)
  const left = mistakes.slice(MOST_LOGGED).reduce((sum, { times }) => sum + times, 0)
  return left === 0 ? logged : [...logged, `and ${left} more, which portcullis check shows`]
}

/**
 * Serves what the file says from now on, whenever it changes or on SIGHUP: all of it, or, when there is a mistake in
 * it, none of it. Log files are opened anew on SIGHUP.
 */
export async function startReloading({
  file,
  environment,
  settings,
  gateway,
  resources,
  certificate,
  logs
}: ReloadOptions) {
  const { log } = logs
  const started = settings
  const shadow = createShadowFile({ environment, gateway, log })
  let serving = settings
  let reloading: Promise<void> = Promise.resolve()

  async function readAndServe(): Promise<void> {
    const result = await readSettings(file, environment, proveApart)
    if ('mistakes' in result) refuse(summarize(result.mistakes))
    else serve(result.settings)
  }

  function refuse(mistakes: readonly string[]): void {
    const { revision } = serving
    gateway.noteRejected(mistakes)
    resources.metrics.noteReload(false, revision)
    resources.audit('policy_rejected', { revision, mistakes })
    log.error({ mistakes, revision }, 'the changed settings have mistakes: nothing was changed')
  }

  function serve(settings: Settings): void {
    const before = serving.revision
    const { revision } = settings
    // It may still fail, by a defect of ours; then the old settings go on as well.
    gateway.reload(settings)
    serving = settings
    shadow.follow(settings.shadow)
    certificate.follow(settings)
    resources.metrics.noteReload(true, revision)
    if (revision === before) {
      log.info({ revision }, 'the settings were read again and are as before')
    } else {
      resources.audit('policy_changed', { before, revision })
      log.info({ before, revision }, 'serving the changed settings')
    }
    const fixed = changedButFixed(started, settings)
    if (fixed.length > 0) log.warn({ settings: fixed }, 'these settings have changed too, and need a restart')
  }

  /** One after the other: of two at once, the one with the older content could end last. */
  function reload(): Promise<void> {
    reloading = reloading
      .then(readAndServe)
      .catch((error) => log.error({ err: error }, 'the settings could not be served: nothing was changed'))
    return reloading
  }

  await shadow.follow(settings.shadow)
  await certificate.follow(settings)
  const watch = await watchFile(file, settings.revision, reload)
  let closing = false
  const onHangUp = () => {
    logs.reopen()
    if (!closing) reload()
  }
  process.on('SIGHUP', onHangUp)
  return {
    close() {
      // Heard to the end: a signal that nobody listens to would end the process, amid what drains.
      closing = true
      watch.close()
      return shadow.close()
    }
  }
}
