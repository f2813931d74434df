import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { KeyPurpose, OperatorKey, OperatorKeys } from '../admin/index.js'
import type { Settings } from '../settings/index.js'
import { KeyRefused, type KeyStatus, listFolder } from '../tokens/index.js'
import { Fault } from './fault.js'
import { openAssertionKeyring, openKeyring } from './open-keyring.js'
import { operatorKeysOf, shownOf } from './operator-keys.js'
import { connectOperator, type OperatorClient } from './operator-socket.js'
import { requireUnproved } from './read-settings.js'
import { showTable } from './table.js'

interface CommonOptions {
  readonly config: string
  readonly json?: boolean
}

/** The verbs as spoken to a running gateway. */
function remoteKeys({ call }: OperatorClient): OperatorKeys {
  return {
    list: async () => ((await call('GET', '/api/keys')) as { keys: OperatorKey[] }).keys,
    rotate: async (signs, now) => (await call('POST', '/api/keys/rotate', { signs, now })) as OperatorKey,
    retire: async (keyId, now) =>
      (await call('POST', `/api/keys/${encodeURIComponent(keyId)}/retire`, { now })) as OperatorKey
  }
}

/** The verbs on the keys themselves. Looking at them makes none. */
function localKeys(settings: Settings): OperatorKeys {
  const open = async () => operatorKeysOf(await openKeyring(settings, {}), await openAssertionKeyring(settings, {}))
  return {
    list: () => listUntouched(settings),
    rotate: async (signs, now) => (await open()).rotate(signs, now),
    retire: async (keyId, now) => (await open()).retire(keyId, now)
  }
}

async function listUntouched(settings: Settings): Promise<readonly OperatorKey[]> {
  const { keys } = settings.tokens
  const tokens = keys.kind === 'directory' ? listFolder(keys.path) : (await openKeyring(settings, {})).list()
  const assertions = await listAssertionKeys(settings)
  return [...tokens.map((key) => shownOf('tokens', key)), ...assertions.map((key) => shownOf('assertions', key))]
}

async function listAssertionKeys(settings: Settings): Promise<readonly KeyStatus[]> {
  const keys = settings.identity.assertion?.keys
  if (keys?.kind !== 'directory') return (await openAssertionKeyring(settings, {}))?.list() ?? []
  // Assertions were asked for after the last start: the next one makes their folder.
  return existsSync(keys.path) ? listFolder(keys.path) : []
}

/** Runs `verb` on the running gateway, or, when there is none, on the folder of the keys. */
async function withKeys<T>({ config }: CommonOptions, verb: (keys: OperatorKeys) => Promise<T>): Promise<T> {
  const settings = await requireUnproved(config, process.env)
  const client = await connectOperator(settings.dataDirectory)
  if (client !== null) return verb(remoteKeys(client)).finally(() => client.close())
  try {
    return await verb(localKeys(settings))
  } catch (error) {
    if (error instanceof KeyRefused) throw new Fault(`portcullis: ${error.message}`)
    throw error
  }
}

const timeOf = (seconds: number | null) => (seconds === null ? null : new Date(seconds * 1000).toISOString())

const shown = (key: OperatorKey) => ({
  kid: key.keyId,
  alg: key.algorithm,
  signs: key.signs,
  state: key.state,
  published_at: key.publishedAt,
  activated_at: key.activatedAt,
  signs_from: key.promoteAt,
  until: key.until,
  jwk: key.jwk
})

/** What its times mean to somebody who looks at the list. */
function remarkOf({ state, activatedAt, promoteAt, until }: OperatorKey): string {
  switch (state) {
    case 'next':
      return promoteAt === null ? 'published, waits for a rotation' : `published, signs from ${timeOf(promoteAt)}`
    case 'current':
      return activatedAt === null ? 'signs' : `signs since ${timeOf(activatedAt)}`
    case 'retiring':
      return until === null ? 'verifies' : `verifies until ${timeOf(until)}`
    case 'retired':
      return `gone since ${timeOf(until)}`
  }
}

function report(key: OperatorKey, { json }: CommonOptions): void {
  const text = json === true ? JSON.stringify(shown(key)) : `${key.keyId} ${key.algorithm}: ${remarkOf(key)}`
  process.stdout.write(`${text}\n`)
}

function listKeys(keys: readonly OperatorKey[], { json }: CommonOptions): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ keys: keys.map(shown) })}\n`)
    return
  }
  const rows = keys.map((key) => [key.keyId, key.algorithm, key.signs, key.state, remarkOf(key)])
  process.stdout.write(`${showTable(['key', 'algorithm', 'signs', 'state', ''], rows, { ruled: false, indent: '' })}\n`)
}

/** The public part of one key or of all: a secret has none, and no private part is ever shown. */
function exportKeys(keys: readonly OperatorKey[], keyId: string | undefined, form: 'jwk' | 'pem'): void {
  const chosen = keys.filter((key) => key.state !== 'retired' && (keyId === undefined || key.keyId === keyId))
  if (keyId !== undefined && chosen.length === 0) throw new Fault(`portcullis: there is no key ${keyId}`)
  const [one] = chosen
  if (keyId !== undefined && one?.jwk === null)
    throw new Fault(`portcullis: the key ${keyId} is a shared secret, which has no public part`)
  const jwks = chosen.flatMap(({ jwk }) => (jwk === null ? [] : [jwk]))
  const pems = chosen.flatMap(({ publicPem }) => (publicPem === null ? [] : [publicPem]))
  const json = JSON.stringify(keyId === undefined ? { keys: jwks } : jwks[0], null, 2)
  process.stdout.write(form === 'jwk' ? `${json}\n` : pems.join(''))
}

/** `key …`: what tokens and assertions are signed with. */
export function keyCommand(): Command {
  const key = new Command('key').description('what tokens and assertions are signed with')
  const verb = (name: string, description: string) =>
    key
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the settings file', 'gateway.yaml')
      .option('--json', 'answer as JSON')

  verb('list', 'list the keys and what they do').action(async (options: CommonOptions) => {
    listKeys(await withKeys(options, async (keys) => keys.list()), options)
  })

  verb('rotate', 'publish the next key, which signs once verifiers had time to see it')
    .option('--now', 'let it sign at once')
    .addOption(new Option('--signs <what>', 'what it signs').choices(['tokens', 'assertions']).default('tokens'))
    .action(async (options: CommonOptions & { now?: boolean; signs: KeyPurpose }) => {
      report(await withKeys(options, (keys) => keys.rotate(options.signs, options.now === true)), options)
    })

  verb('retire <kid>', 'end a key when nothing it signed can be alive')
    .option('--now', 'end it at once, and every token it signed')
    .action(async (kid: string, options: CommonOptions & { now?: boolean }) => {
      report(await withKeys(options, (keys) => keys.retire(kid, options.now === true)), options)
    })

  verb('export [kid]', 'print the public part of a key, or of all; private keys are never printed')
    .addOption(new Option('--public <form>', 'how').choices(['jwk', 'pem']).default('jwk'))
    .action(async (kid: string | undefined, options: CommonOptions & { public: 'jwk' | 'pem' }) => {
      exportKeys(await withKeys(options, async (keys) => keys.list()), kid, options.public)
    })
  return key
}
