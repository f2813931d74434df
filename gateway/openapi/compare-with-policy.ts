/** An API against the rules in front of it: what has no rule, what stands wider open than the document says, what is idle. */

import { type CanonicalPath, parseCanonicalPath } from '../canonical-path.js'
import type { Rule } from '../domain.js'
import { asksLess } from './asks-less.js'
import type { Operation } from './operation.js'
import type { Api } from './read-api.js'
import { createSamplePaths } from './sample-paths.js'

type Found =
  | { readonly rule: Rule }
  | { readonly because: 'no_rule' }
  | { readonly because: 'bad_path'; readonly detail: string }

/** How a policy finds the rule of a request. */
export type Find = (request: {
  readonly method: string
  readonly host: string
  readonly path: CanonicalPath
  readonly oddities: number
}) => Found

export interface CompareOptions {
  readonly api: Api
  readonly rules: readonly Rule[]
  /** The policy of `rules`. */
  readonly find: Find
  readonly compile: (rules: readonly Rule[]) => Find
  /** Upstream → what is taken off a path before it gets there; such an upstream may speak of its paths without it. */
  readonly stripped: ReadonlyMap<string, string>
}

export interface Gap {
  readonly operation: Operation
  readonly because: string
}

export interface Meeting {
  readonly operation: Operation
  readonly rule: Rule
}

export interface Coverage {
  /** Operations that nobody can call, and no rule of their own says so. */
  readonly uncovered: readonly Gap[]
  /** Rules that let in whom the document keeps out. */
  readonly wider: readonly Meeting[]
  /** Operations that a rule of their own keeps shut. */
  readonly shut: readonly Meeting[]
  /** Rules that no operation comes to. */
  readonly idle: readonly Rule[]
}

/** A name that no rule is for: RFC 2606 §2. */
const anyHost = 'host.invalid'

export function compareWithPolicy(options: CompareOptions): Coverage {
  const { api, rules } = options
  const { rulesFor, operationsFor } = createLookups(options)
  const uncovered: Gap[] = []
  const shut: Meeting[] = []
  const meetings = new Map<Operation, Set<Rule>>()
  // What could not be written may have got a rule by hand.
  for (const operation of [...api.operations, ...api.unwritten.map((one) => one.operation)]) {
    const found = rulesFor(operation)
    const met = new Set(found.flatMap((one) => ('rule' in one ? one.rule : [])))
    meetings.set(operation, met)
    if ([...met].some(({ allow }) => allow.kind !== 'nobody')) continue
    // A rule for this very path was meant; one for everything below somewhere only catches what has been forgotten.
    const [rule] = [...met].filter(({ path }) => !path.includes('**'))
    if (rule === undefined) uncovered.push({ operation, because: whyNot(found) })
    else shut.push({ operation, rule })
  }
  for (const rule of rules) for (const operation of operationsFor(rule)) meetings.get(operation)?.add(rule)
  const reached = new Set([...meetings.values()].flatMap((met) => [...met]))
  return {
    uncovered,
    wider: [...meetings].flatMap(([operation, met]) =>
      [...met]
        .filter((rule) => operation.isStated && asksLess(rule.allow, operation.allow))
        .map((rule) => ({ operation, rule }))
    ),
    shut,
    idle: rules.filter((rule) => !reached.has(rule) && rule.allow.kind !== 'nobody')
  }
}

/** From an operation to the rules that decide for it, and back. */
function createLookups({ api: { operations }, rules, find, compile, stripped }: CompareOptions) {
  const hosts = [anyHost, ...new Set(rules.flatMap((rule) => rule.hosts ?? []))]
  const samplePaths = createSamplePaths([...operations.map(({ pattern }) => pattern), ...rules.map(({ path }) => path)])
  const findOperation = compile(operations.map(ruleOf))
  const allMethods = [...new Set(operations.map(({ method }) => method))]

  return {
    /** Under each host, and each prefix that it may be offered under. */
    rulesFor({ method, pattern }: Operation): readonly Found[] {
      return samplePaths(pattern).flatMap((path) =>
        hosts.flatMap((host) => [
          ask(find, method, host, path),
          ...[...stripped].flatMap(([upstream, prefix]) => {
            const found = ask(find, method, host, prefix + path)
            return 'rule' in found && found.rule.upstream === upstream ? [found] : []
          })
        ])
      )
    },
    /** A rule for a part of an operation's paths is found only so. */
    operationsFor(rule: Rule): readonly Operation[] {
      const prefix = stripped.get(rule.upstream ?? '') ?? null
      const host = rule.hosts?.[0] ?? anyHost
      return samplePaths(rule.path).flatMap((path) =>
        (rule.methods ?? allMethods).flatMap((method) => {
          const chosen = ask(find, method, host, path)
          if (!('rule' in chosen) || chosen.rule !== rule) return []
          const inside = prefix !== null && path.startsWith(`${prefix}/`) ? [path.slice(prefix.length)] : []
          return [path, ...inside].flatMap((known) => {
            const found = ask(findOperation, method, host, known)
            return 'rule' in found ? (operations[found.rule.index] ?? []) : []
          })
        })
      )
    }
  }
}

function ask(find: Find, method: string, host: string, text: string): Found {
  const parsed = parseCanonicalPath(text)
  return 'fault' in parsed ? { because: 'bad_path', detail: parsed.fault } : find({ method, host, ...parsed })
}

function whyNot(found: readonly Found[]): string {
  for (const one of found) if ('rule' in one) return `only the rule ${one.rule.path} fits, which lets nobody in`
  for (const one of found) if ('detail' in one) return `every request is refused. ${one.detail}`
  return 'no rule fits'
}

function ruleOf({ method, pattern }: Operation, index: number): Rule {
  return {
    index,
    line: 0,
    path: pattern,
    hosts: null,
    methods: [method],
    allow: { kind: 'authenticated' },
    upstream: null,
    limits: [],
    paths: { case: 'sensitive', encodedSlash: 'allow', semicolon: 'allow', emptySegments: 'allow' },
    websocket: null,
    maxBody: null
  }
}
