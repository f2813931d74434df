/** What strangers may reach: the rules that ask for no identity, less what earlier rules take from them. */
import type { Rule } from '../../domain.js'
import { anyRun } from '../readings.js'
import { accessMatrix } from './access-matrix.js'
import { findRequest } from './areas.js'
import type { RuleLife } from './dead-rules.js'
import { createMeters, within } from './meter.js'
import type { PreparedPolicy, PreparedRule } from './prepare-policy.js'
import { createRests } from './rests.js'

export interface OpenArea {
  readonly rule: Rule
  /** Networks, in words, that strangers must ask from; null: they may be anywhere. */
  readonly from: readonly string[] | null
  /** Earlier rules that decide for some of its requests and are not open to anyone. */
  readonly except: readonly Rule[]
  /** False: whether any request comes to the rule is undecided. */
  readonly isCertain: boolean
}

const meet = (one: ReadonlySet<string> | null, other: ReadonlySet<string> | null): boolean =>
  one === null || other === null || [...one].some((name) => other.has(name))

/** In the order of the file; `lives` are those of all rules of the policy. */
export const findOpenAreas = (policy: PreparedPolicy, lives: readonly RuleLife[]): readonly OpenArea[] => {
  const rests = createRests()
  const meter = createMeters({ ruleMs: 500 })()
  const accesses = accessMatrix(lives, [{ kind: 'anyone' }]).flatMap(({ cells }) => cells)
  const judged = policy.prepared.filter(({ rule }) => rule !== null)
  const first = policy.prepared.length - judged.length

  /** The index of overlaps takes any two globs for overlapping. */
  const overlap = (one: PreparedRule, other: PreparedRule): boolean => {
    if (!meet(one.area.hosts, other.area.hosts) || !meet(one.area.methods, other.area.methods)) return false
    if (!one.area.template.includes(anyRun) || !other.area.template.includes(anyRun)) return true
    const found = within(() => findRequest([one.area, other.area], [], { rests, meter }))
    return !('answer' in found) || found.answer !== null
  }

  const exceptionsTo = (open: PreparedRule): Rule[] => {
    const found: Rule[] = []
    for (const earlier of policy.overlapping(open.area.template)) {
      // In the order of the file.
      if (earlier.place >= open.place) break
      const access = accesses[earlier.place - first]
      if (earlier.rule === null || access === undefined) continue
      if (access.access !== 'yes' && access.access !== 'never' && overlap(earlier, open)) found.push(earlier.rule)
    }
    return found
  }

  return judged.flatMap((prepared, at): OpenArea[] => {
    const [each, access] = [lives[at], accesses[at]]
    if (each === undefined || (access?.access !== 'yes' && access?.access !== 'conditional')) return []
    const from = access.access === 'conditional' ? access.having : null
    return [{ rule: each.rule, from, except: exceptionsTo(prepared), isCertain: each.life !== 'undecided' }]
  })
}
