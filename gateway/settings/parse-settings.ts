import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { coherentAccounts } from './accounts.js'
import { buildSettings } from './build-settings.js'
import { coherentBrowsers } from './coherent-browsers.js'
import { coherentClients, readClientSecrets } from './coherent-clients.js'
import { coherentForwardAuth } from './coherent-forward-auth.js'
import { coherentIdentity } from './coherent-identity.js'
import { coherentIssuers } from './coherent-issuers.js'
import { readSigningSecret } from './coherent-keys.js'
import { coherentListeners } from './coherent-listeners.js'
import { coherentRoles } from './coherent-roles.js'
import { coherentRules, readPatterns } from './coherent-rules.js'
import { coherentSimpleJwt, readSimpleJwtSecret } from './coherent-simplejwt.js'
import { coherentTokens } from './coherent-tokens.js'
import { coherentUpstreams } from './coherent-upstreams.js'
import type { GivenNames } from './dangling-names.js'
import { createExcerpts } from './excerpts.js'
import { createRegion, type Finding, mistakeAt, type Path } from './findings.js'
import type { Environment } from './interpolation.js'
import { coherentTls } from './listener.js'
import { createLocate } from './locate.js'
import type { Result } from './mistakes.js'
import { coherentAssertions } from './policy-assertions.js'
import { coherentTests } from './policy-tests.js'
import { readPostgresServer } from './postgres-schema.js'
import { type Draft, settingsSchema } from './schema.js'
import { secretSpans, secretSpansOfText } from './secret-spans.js'
import type { PolicyLanguage } from './settings.js'
import { readShape, valueAt } from './shape.js'
import { readUpstreamTls } from './upstream-tls.js'
import { coherentUserSource } from './user-source-schema.js'
import { readSyntax } from './yaml-syntax.js'
import { readTree } from './yaml-tree.js'

/**
 * Reads the text of a settings file into frozen Settings, or tells every mistake in it; never throws.
 * `file` is shown in messages, and relative paths start from where it lies. No file is read but those that hold secrets, keys and certificates.
 */
export function parseSettings(
  file: string,
  source: string,
  environment: Environment,
  language: PolicyLanguage
): Result {
  const syntax = readSyntax(source)
  const tree = readTree(syntax.contents, environment)
  const excerpts = createExcerpts(source, syntax.lines, () => {
    return syntax.readable ? secretSpans(syntax.contents, tree.targets, source) : secretSpansOfText(source)
  })
  const locate = createLocate({ file, tree: tree.value, spanOf: tree.spanOf, excerpts })
  const early = [...syntax.findings, ...tree.findings]
  if (!syntax.readable || !isMap(tree.value)) {
    const root = syntax.readable && early.length === 0 ? [explainRoot(tree.value)] : []
    return { mistakes: locate([...early, ...root]), warnings: [] }
  }
  const directory = dirname(resolve(file))
  const {
    draft,
    complete,
    findings: shapeFindings,
    meant
  } = readShape(settingsSchema, withListen(tree.value, environment))
  const { patterns, findings: patternFindings } = readPatterns(draft, language)
  const { secret, findings: secretFindings } = readSigningSecret(draft, directory)
  const { secret: simpleJwtSecret, findings: simpleJwtFindings } = readSimpleJwtSecret(draft, directory)
  const { secrets: clientSecrets, findings: clientFindings } = readClientSecrets(draft, directory)
  const { files: upstreamFiles, findings: upstreamFindings } = readUpstreamTls(draft, directory)
  const { server: userDatabase, findings: databaseFindings } = readPostgresServer(draft, directory)
  const names = namesOf(tree.value, createRegion(meant))
  const later = [
    ...shapeFindings,
    ...patternFindings,
    ...secretFindings,
    ...simpleJwtFindings,
    ...clientFindings,
    ...upstreamFindings,
    ...databaseFindings,
    ...coherentClients(draft),
    ...coherentListeners(draft, language),
    ...coherentTls(draft),
    ...coherentForwardAuth(draft),
    ...coherentTokens(draft),
    ...coherentSimpleJwt(draft),
    ...coherentIdentity(draft),
    ...coherentBrowsers(draft),
    ...coherentIssuers(draft, ownIssuers(draft)),
    ...coherentUpstreams(draft),
    ...coherentAccounts(draft),
    ...coherentUserSource(draft),
    ...coherentRoles(draft),
    ...coherentRules(draft, patterns, names),
    ...coherentAssertions(draft, language, names),
    ...coherentTests(draft, patterns, names)
  ]
  // Where the tree has a hole, everything that follows from the hole is noise.
  const isHole = createRegion([...tree.unread, ...meant])
  const findings = [...early, ...later.filter(({ path }) => !isHole(path))]
  const mistakes = findings.filter(({ level }) => level === 'mistake')
  const warnings = locate(findings.filter(({ level }) => level === 'warning'))
  if (mistakes.length > 0 || complete === null) return { mistakes: locate(mistakes), warnings }
  const lineOf = (list: 'rules' | 'assertions' | 'tests', index: number) =>
    excerpts.placeOf(tree.spanOf([list, index], 'value')).line
  const revision = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const canonical = (text: string) => {
    const pattern = language.readPattern(text)
    return 'fault' in pattern ? text : pattern.path
  }
  const surroundings = {
    revision,
    file,
    directory,
    secret,
    simpleJwtSecret,
    clientSecrets,
    upstreamFiles,
    userDatabase,
    patterns,
    canonical,
    lineOf
  }
  return { settings: buildSettings(complete, surroundings), warnings, locate }
}

/** `iss` of our own tokens, as far as the file says it. */
function ownIssuers({ tokens, public_url: publicUrl, compat }: Draft): readonly string[] {
  const named = [tokens?.issuer ?? publicUrl, compat?.simplejwt?.issuer]
  return named.filter((issuer) => issuer !== undefined)
}

/** A container has to listen on all of its addresses, whatever file is mounted into it. */
function withListen(value: object, { PORTCULLIS_LISTEN: listen }: Environment): object {
  return listen === undefined || listen === '' || 'listen' in value ? value : { listen, ...value }
}

function explainRoot(value: unknown): Finding {
  if (value === null) return mistakeAt([], 'the file is empty')
  return mistakeAt([], 'the file must be a map of settings', 'begin with listen:, upstreams: or rules:')
}

/** `isMisspelt`: what stands there under another name, nobody knows. */
function namesOf(tree: unknown, isMisspelt: (path: Path) => boolean): GivenNames {
  const keysOf = (key: string) => {
    const value = valueAt(tree, [key])
    return isMap(value) ? new Set(Object.keys(value)) : null
  }
  const optional = (key: string) =>
    valueAt(tree, [key]) === undefined && !isMisspelt([key]) ? new Set<string>() : keysOf(key)
  return { upstream: keysOf('upstreams'), limit: optional('limits'), issuer: optional('issuers') }
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
