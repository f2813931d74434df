/** What a survey finds at single rules, in the words of `check`. */
import type { Rule } from '../domain.js'
import type { Limit, RoleIsland, RuleLife } from '../policy/index.js'
import { type Finding, warningAt } from '../settings/index.js'

type Dead = Extract<RuleLife, { life: 'dead' }>
type Undecided = Extract<RuleLife, { life: 'undecided' }>

/** So many of one kind are told one by one. */
const mostAlike = 3
/** So many places are pointed at. */
const mostPlaces = 5

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/** `line 3`, `lines 3, 5 and 9`, `lines 3, 5, 9, 12, 15 and 40 more`. */
export function linesOf(rules: readonly Pick<Rule, 'line'>[]): string {
  const lines = rules.slice(0, mostPlaces).map(({ line }) => `${line}`)
  const more = rules.length > mostPlaces ? [`${rules.length - mostPlaces} more`] : []
  return `line${rules.length === 1 ? '' : 's'} ${listed([...lines, ...more])}`
}

const pointAt = (rules: readonly Rule[], message: string): Finding['related'] =>
  rules.slice(0, mostPlaces).map(({ index }) => ({ path: ['rules', index, 'path'], at: 'value', message }))

/** What takes all requests of a rule: `the rules at lines 3 and 5`. */
export function causeOf({ hiddenBy, hiddenByClosed }: Dead): string {
  const prefixes = hiddenByClosed.map(({ path }) => `the gateway's own answers under ${path}`)
  const rules = hiddenBy.length === 0 ? [] : [`the rule${hiddenBy.length === 1 ? '' : 's'} at ${linesOf(hiddenBy)}`]
  return listed([...rules, ...prefixes])
}

const figure = (number: number) => number.toLocaleString('en')

/** What stood in the way of an answer. */
export function limitInWords({ limit, value }: Limit): string {
  if (limit === 'reading') return 'its path can be read in several ways'
  if (limit.startsWith('milliseconds')) {
    return `${figure(value)} ms${limit === 'milliseconds' ? '' : ' for the whole file'} were not enough`
  }
  return `it takes more than ${figure(value)} ${limit}`
}

function warnOfDead(dead: Dead, ownPrefix: string): Finding[] {
  const { rule, hiddenBy, hiddenByClosed, bySpelling } = dead
  const at = ['rules', rule.index]
  if (hiddenBy.length === 0 && hiddenByClosed.length === 0) {
    return [warningAt(at, 'can never match: every path that it fits is refused')]
  }
  // Whoever reads the file has been told of a path there, whatever the rules.
  if (hiddenBy.length === 0 && rule.path.startsWith(ownPrefix)) return []
  const message = `can never match: hidden by ${causeOf(dead)}`
  const hint = bySpelling ? 'in other letter case at least; paths: { case: sensitive } would bring it to life' : null
  const label = hiddenBy.length === 1 && hiddenByClosed.length === 0 ? 'takes its requests' : 'takes some of them'
  return [warningAt(at, message, hint, pointAt(hiddenBy, label))]
}

/** Rules in the order of the file that have one thing in common. */
function groupBy<T>(all: readonly T[], key: (one: T) => unknown): readonly (readonly T[])[] {
  const groups = new Map<unknown, T[]>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group === undefined) groups.set(key(one), [one])
    else group.push(one)
  }
  return [...groups.values()]
}

function warnOfUndecided(alike: readonly Undecided[]): Finding[] {
  const [first] = alike
  if (first === undefined) return []
  const because = limitInWords(first)
  const message = `undecided whether it can ever match: ${because}`
  if (alike.length <= mostAlike) return alike.map(({ rule }) => warningAt(['rules', rule.index], message))
  const others = `so are ${figure(alike.length - 1)} other rules, at ${linesOf(alike.slice(1).map(({ rule }) => rule))}`
  return [warningAt(['rules', first.rule.index], `${message}; ${others}`)]
}

/** Rules that never match, and those of which it is not known. */
export function warnOfRules(lives: readonly RuleLife[], ownPrefix: string): readonly Finding[] {
  const dead = lives.filter((each) => each.life === 'dead')
  const undecided = lives.filter((each) => each.life === 'undecided')
  return [
    ...dead.flatMap((each) => warnOfDead(each, ownPrefix)),
    ...groupBy(undecided, ({ limit }) => limit).flatMap(warnOfUndecided)
  ]
}

const exampleOf = ({ request }: RoleIsland) => `${request.method} ${request.path}`

function warnOfIsland({ rule, wider, request }: RoleIsland): Finding {
  const said = exampleOf({ rule, wider, request })
  const message = `holds its exact path alone: ${said} falls to line ${wider.line}, which lets more people in`
  const base = rule.path.endsWith('/') ? rule.path : `${rule.path}/`
  const related = pointAt([wider], 'the wider rule')
  return warningAt(['rules', rule.index, 'path'], message, `${base}** holds all of it`, related)
}

function warnOfSea(islands: readonly RoleIsland[]): Finding[] {
  const [first] = islands
  if (first === undefined || islands.length <= mostAlike) return islands.map(warnOfIsland)
  const message =
    `lets more people in than ${figure(islands.length)} rules above it that hold their exact paths alone, ` +
    `as ${exampleOf(first)} beside line ${first.rule.line}`
  const related = pointAt(
    islands.map(({ rule }) => rule),
    'holds its exact path alone'
  )
  return [warningAt(['rules', first.wider.index, 'path'], message, 'end those paths in /**', related)]
}

/** Rules for few people amid a rule for more. */
export const warnOfIslands = (islands: readonly RoleIsland[]): readonly Finding[] =>
  groupBy(islands, ({ wider }) => wider).flatMap(warnOfSea)
