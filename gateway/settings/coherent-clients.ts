import { type Finding, mistakeAt, mistakeAtKey, type Path, placeOfKey, warningAt } from './findings.js'
import type { Draft } from './schema.js'
import { readSecret, type Secret } from './secret.js'

type DraftClient = NonNullable<NonNullable<Draft['clients']>[string]>
type DraftSecret = NonNullable<DraftClient['secret']>

/** What must hold for each client as a whole. */
export function coherentClients(draft: Draft): Finding[] {
  return entriesOf(draft).flatMap(([id, client]) => {
    const path = ['clients', id]
    return [...secretForms(client, path), ...tokenSize(client, path), ...weakness(client, path)]
  })
}

function entriesOf(draft: Draft): [string, DraftClient][] {
  return Object.entries(draft.clients ?? {}).flatMap(([id, client]) => (client === undefined ? [] : [[id, client]]))
}

const mostSecrets = 2

function secretForms(client: DraftClient, path: Path): Finding[] {
  const { secrets } = client
  // A secret that is there and wrong has been told of already, and is undefined here.
  const one = 'secret' in client
  const several = 'secrets' in client
  if (one && several) {
    const related = [placeOfKey([...path, 'secret'], 'this one')]
    return [mistakeAtKey([...path, 'secrets'], 'stands beside secret', 'keep one of them', related)]
  }
  if (!one && !several) {
    return [mistakeAt([...path, 'secret'], 'is missing', `write secret: "\${NAME}" or secret: { file: path }`)]
  }
  if (secrets === undefined || (secrets.length > 0 && secrets.length <= mostSecrets)) return []
  return [mistakeAt([...path, 'secrets'], 'must be one or two: the old one and the new one')]
}

/** A token must fit into a header field together with all else (Node reads 16 KiB), its roles into one of their own. */
const mostCharacters = 4000

function tokenSize({ roles = [], scopes = [] }: DraftClient, path: Path): Finding[] {
  const characters = [...roles, ...scopes].reduce((sum, name) => sum + (name?.length ?? 0) + 1, 0)
  if (characters <= mostCharacters) return []
  return [mistakeAt(path, `has roles and scopes of more than ${mostCharacters} characters, which no token can carry`)]
}

function weakness({ insecure_short_secret: weak }: DraftClient, path: Path): Finding[] {
  return weak === true ? [warningAt([...path, 'insecure_short_secret'], 'weakens the gateway')] : []
}

/** As long as the hash that it is compared by (RFC 6749 §10.10 asks for 128 random bits at least). */
const shortestSecret = 32

/** The secrets of every client that the file names and that can be used. */
export function readClientSecrets(
  draft: Draft,
  directory: string
): { readonly secrets: ReadonlyMap<string, readonly Secret[]>; readonly findings: readonly Finding[] } {
  const secrets = new Map<string, readonly Secret[]>()
  const findings: Finding[] = []
  for (const [id, client] of entriesOf(draft)) {
    const read: Secret[] = []
    for (const [path, source] of sourcesOf(client, ['clients', id])) {
      const secret = readSecret(source, directory)
      if ('fault' in secret) findings.push(mistakeAt(path, secret.fault))
      else if (isLongEnough(secret, client)) read.push(secret)
      else findings.push(mistakeAt(path, `must have at least ${shortestSecret} bytes`, hintForShort))
    }
    secrets.set(id, read)
  }
  return { secrets, findings }
}

const hintForShort = 'make one with: openssl rand -base64 32'

function isLongEnough(secret: Secret, { insecure_short_secret: shortAllowed }: DraftClient): boolean {
  return shortAllowed === true || Buffer.byteLength(secret.reveal()) >= shortestSecret
}

type Source = { readonly text: string } | { readonly file: string }

function sourcesOf(client: DraftClient, path: Path): [Path, Source][] {
  const written: [Path, DraftSecret | undefined][] = [
    [[...path, 'secret'], client.secret],
    ...(client.secrets ?? []).map((secret, index): [Path, DraftSecret | undefined] => {
      return [[...path, 'secrets', index], secret]
    })
  ]
  return written.flatMap(([at, source]): [Path, Source][] => {
    if (source === undefined) return []
    if ('text' in source && source.text !== undefined) return [[at, { text: source.text }]]
    return 'file' in source && source.file !== undefined ? [[at, { file: source.file }]] : []
  })
}
