import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { coherentAccounts } from './accounts.js'
import { buildSettings } from './build-settings.js'
import { coherentBrowsers } from './coherent-browsers.js'
import { coherentClients, readClientSecrets } from './coherent-clients.js'
import { coherentForwardAuth } from './coherent-forward-auth.js'
import { coherentIssuers } from './coherent-issuers.js'
import { readSigningSecret } from './coherent-keys.js'
import { coherentListeners } from './coherent-listeners.js'
import { coherentRules, type Names, readPatterns } from './coherent-rules.js'
import { coherentTokens } from './coherent-tokens.js'
import { type Finding, isWithin, mistakeAt, type Path, writePath } from './findings.js'
import type { Environment } from './interpolation.js'
import type { Mistake, Result } from './mistakes.js'
import type { PolicyLanguage } from './settings.js'
import { readShape, valueAt } from './shape.js'
import { readSyntax } from './yaml-syntax.js'
import { readTree, type Tree } from './yaml-tree.js'

/**
 * Reads the text of a settings file into frozen Settings, or tells every mistake in it; never throws.
 * `file` is shown in messages, and relative paths start from where it lies. Nothing but secret files is read.
 */
export function parseSettings(
  file: string,
  source: string,
  environment: Environment,
  language: PolicyLanguage
): Result {
  const syntax = readSyntax(source)
  const tree = readTree(syntax.contents, syntax.lines, environment)
  const early = [...syntax.findings, ...tree.findings]
  if (!syntax.readable || !isMap(tree.value)) {
    const root = syntax.readable && early.length === 0 ? [explainRoot(tree.value)] : []
    return { mistakes: locate(file, tree, [...early, ...root]), warnings: [] }
  }
  const directory = dirname(resolve(file))
  const { draft, complete, findings: shapeFindings } = readShape(withListen(tree.value, environment))
  const { patterns, findings: patternFindings } = readPatterns(draft, language)
  const { secret, findings: secretFindings } = readSigningSecret(draft, directory)
  const { secrets: clientSecrets, findings: clientFindings } = readClientSecrets(draft, directory)
  const later = [
    ...shapeFindings,
    ...patternFindings,
    ...secretFindings,
    ...clientFindings,
    ...coherentClients(draft),
    ...coherentListeners(draft, language),
    ...coherentForwardAuth(draft),
    ...coherentTokens(draft),
    ...coherentBrowsers(draft),
    ...coherentIssuers(draft, draft.tokens?.issuer ?? draft.public_url),
    ...coherentAccounts(draft),
    ...coherentRules(draft, patterns, namesOf(tree.value))
  ]
  // Where the tree has a hole, everything that follows from the hole is noise.
  const findings = [...early, ...later.filter(({ path }) => !tree.unread.some((hole) => isWithin(path, hole)))]
  const mistakes = findings.filter(({ level }) => level === 'mistake')
  const warnings = locate(
    file,
    tree,
    findings.filter(({ level }) => level === 'warning')
  )
  if (mistakes.length > 0 || complete === null) return { mistakes: locate(file, tree, mistakes), warnings }
  const lineOf = (rule: number) => tree.placeOf(['rules', rule], 'value').line
  const revision = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const surroundings = { revision, file, directory, secret, clientSecrets, patterns, lineOf }
  return { settings: buildSettings(complete, surroundings), warnings }
}

/** A container has to listen on all of its addresses, whatever file is mounted into it. */
function withListen(value: object, { PORTCULLIS_LISTEN: listen }: Environment): object {
  return listen === undefined || listen === '' || 'listen' in value ? value : { listen, ...value }
}

function explainRoot(value: unknown): Finding {
  if (value === null) return mistakeAt([], 'the file is empty')
  return mistakeAt([], 'the file must be a map of settings', 'begin with listen:, upstreams: or rules:')
}

function namesOf(tree: unknown): Names {
  const keysOf = (key: string) => {
    const value = valueAt(tree, [key])
    return isMap(value) ? Object.keys(value) : null
  }
  const optional = (key: string) => (valueAt(tree, [key]) === undefined ? [] : keysOf(key))
  return { upstreams: keysOf('upstreams'), limits: optional('limits'), issuers: optional('issuers') }
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In the order of the file. */
function locate(file: string, tree: Tree, findings: readonly Finding[]): readonly Mistake[] {
  return findings
    .map(({ path, at, message, hint }) => {
      return { file, ...tree.placeOf(path, at), path: writePath(asWritten(path, tree.value)), message, hint }
    })
    .toSorted((one, other) => one.line - other.line || one.column - other.column)
}

/** Where a single value stands for a list of one, the file knows no `[0]`. */
function asWritten(path: Path, tree: unknown): Path {
  const around = path.slice(0, -1)
  return typeof path.at(-1) === 'number' && !Array.isArray(valueAt(tree, around)) ? around : path
}
