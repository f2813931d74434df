/** `check --openapi`: the rules of a file against the operations of a document. */
import type { Rule } from '../domain.js'
import { closedTo } from '../judgement.js'
import {
  type Api,
  type Coverage,
  compareWithPolicy,
  type Gap,
  type Meeting,
  type Operation,
  oneLine,
  showAllow
} from '../openapi/index.js'
import { compilePolicy } from '../policy/index.js'
import type { Settings } from '../settings/index.js'
import { count } from './read-settings.js'
import { readSpec } from './read-spec.js'
import { showTable } from './table.js'

export interface ShownCoverage {
  /** False: an operation has no rule, or one that lets in whom the document keeps out. */
  readonly ok: boolean
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** Compares; a Fault when the document cannot be read. */
export async function coverageOf(spec: string, settings: Settings, file: string): Promise<ShownCoverage> {
  const api = await readSpec(spec)
  const { rules, revision } = settings
  const stripped = Object.values(settings.upstreams).flatMap(({ name, stripPrefix }) => {
    return stripPrefix === null ? [] : [[name, stripPrefix] as const]
  })
  const coverage = compareWithPolicy({
    api,
    rules,
    find: compilePolicy({ revision, rules, closed: closedTo(settings) }).find,
    compile: (others) => compilePolicy({ revision, rules: others }).find,
    stripped: new Map(stripped)
  })
  return {
    ok: coverage.uncovered.length + coverage.wider.length === 0,
    text: showCoverage(coverage, api, spec, file),
    json: shownCoverage(coverage, api, spec)
  }
}

function showCoverage(coverage: Coverage, api: Api, spec: string, file: string): string {
  const { uncovered, wider, shut, idle } = coverage
  const placeOf = ({ operation }: { readonly operation: Operation }) => placeIn(spec, api, operation)
  const nameOf = ({ operation: { method, template } }: { readonly operation: Operation }) =>
    oneLine(`${method} ${template}`, 80)
  const parts = [
    section(
      `${count(uncovered.length, 'operation')} without a rule:`,
      uncovered.map((gap) => [nameOf(gap), oneLine(gap.because), placeOf(gap)])
    ),
    section(
      `${count(wider.length, 'operation')} wider open than the document says:`,
      wider.map((meeting) => [nameOf(meeting), whatDiffers(meeting), `${file}:${meeting.rule.line}`, placeOf(meeting)])
    ),
    section(
      `${count(shut.length, 'operation')} that a rule keeps shut (allow: nobody):`,
      shut.map((meeting) => [nameOf(meeting), `${file}:${meeting.rule.line}`])
    ),
    section(
      `${count(idle.length, 'rule')} that no operation of the document comes to:`,
      idle.map((rule) => [nameOfRule(rule), `${file}:${rule.line}`])
    )
  ]
  const good = uncovered.length + wider.length === 0
  const verdict = good
    ? `${spec}: ok, ${count(operationsOf(api), 'operation')}, each with a rule and none wider open than the document says`
    : `${spec}: ${count(operationsOf(api), 'operation')}, ${uncovered.length} without a rule, ${wider.length} wider open than the document says`
  return `${[...parts.filter((part) => part !== ''), verdict].join('\n')}\n`
}

const operationsOf = ({ operations, unwritten }: Api) => operations.length + unwritten.length

function placeIn(spec: string, api: Api, operation: Operation): string {
  const line = api.lineOf(operation)
  return line === null ? oneLine(operation.pointer, 80) : `${spec}:${line}`
}

function section(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const [heads = [], ...others] = rows
  return `${title}\n${showTable(heads, others, { ruled: false, indent: '  ' })}\n`
}

function whatDiffers({ operation: { allow: asked }, rule: { allow } }: Meeting): string {
  const wants = asked.kind === 'any' ? showAllow(asked) : 'whoever has signed in'
  const gives =
    allow.kind === 'any' ? 'asks for less' : `lets in ${allow.kind === 'anyone' ? 'anyone' : 'whoever has signed in'}`
  return `${gives}, not only ${oneLine(wants, 80)}`
}

const nameOfRule = ({ path, methods }: Rule) => `${methods?.join(', ') ?? 'any method'} ${path}`

function shownCoverage({ uncovered, wider, shut, idle }: Coverage, api: Api, spec: string) {
  const shownOperation = ({ operation }: { readonly operation: Operation }) => ({
    method: operation.method,
    path: operation.template,
    operation_id: operation.id,
    pointer: operation.pointer,
    line: api.lineOf(operation)
  })
  const shownRule = ({ path, methods, line }: Rule) => ({ line, path, methods })
  const shownGap = (gap: Gap) => ({ ...shownOperation(gap), because: gap.because })
  const shownMeeting = (meeting: Meeting) => ({ ...shownOperation(meeting), rule: shownRule(meeting.rule) })
  return {
    file: spec,
    operations: operationsOf(api),
    without_rule: uncovered.map(shownGap),
    wider: wider.map(shownMeeting),
    shut: shut.map(shownMeeting),
    idle_rules: idle.map(shownRule)
  }
}
