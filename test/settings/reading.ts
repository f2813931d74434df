/** What the tests of this room share: a small language of patterns, and short ways to parse. */
import { formatMistake, type PolicyLanguage, parseSettings, type Settings } from '../../gateway/settings/index.js'

export const language: PolicyLanguage = {
  readPattern: (text) => {
    if (!text.startsWith('/')) return { fault: 'must begin with /' }
    const path = text.replaceAll('%61', 'a')
    return {
      path,
      names: [...text.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []),
      needs: text.includes(';') ? ['semicolon'] : []
    }
  },
  findExcess: () => []
}

type Environment = Record<string, string | undefined>

export function parse(source: string, environment: Environment = {}, file = '/etc/portcullis/gateway.yaml') {
  return parseSettings(file, source, environment, language)
}

/** `line:column path: message, hint` of each mistake, in the order they are told. */
export function mistakesOf(source: string, environment: Environment = {}): string[] {
  const result = parse(source, environment, 'gateway.yaml')
  return 'mistakes' in result ? result.mistakes.map((mistake) => strip(formatMistake(mistake))) : []
}

export function warningsOf(source: string): string[] {
  return parse(source, {}, 'gateway.yaml').warnings.map((warning) => strip(formatMistake(warning)))
}

export function settingsOf(source: string, environment: Environment = {}): Settings {
  const result = parse(source, environment)
  if ('settings' in result) return result.settings
  throw new Error(result.mistakes.map(formatMistake).join('\n'))
}

function strip(line: string): string {
  return line.slice('gateway.yaml:'.length)
}

/** The sections that have no default, to follow whatever is under test. */
export const rest =
  'upstreams: { app: { url: "http://127.0.0.1:1" } }\nrules: [{ path: /**, allow: anyone, to: app }]\n'

/** A file whose only rule is the one given; the rule begins at 4:5. */
export function withRule(rule: string): string {
  return `tokens: { claims: { tenant: user.tenant } }\nupstreams: { app: { url: "http://127.0.0.1:1" } }\nrules:\n  - ${rule}\n`
}
