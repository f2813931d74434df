/** What the analysis of a policy must be told of the settings beside the rules. */
import { type JudgingSettings, policyOptionsOf } from '../judgement.js'
import { singleOwnPaths } from '../own-paths.js'
import { preparePolicy, readPattern } from '../policy/index.js'
import type { Settings } from '../settings/index.js'

export type AnalysedSettings = JudgingSettings & {
  readonly issuers: Readonly<Record<string, Pick<Settings['issuers'][string], 'subject'>>>
}

export const analysedPolicyOf = (settings: AnalysedSettings) => preparePolicy(policyOptionsOf(settings))

/** How the subjects of foreign issuers look, by the names of the issuers; of one that two files tell otherwise, any. */
export function issuersOf(...files: readonly AnalysedSettings[]): ReadonlyMap<string, 'prefixed' | 'raw'> {
  const all = files.flatMap(({ issuers }) => Object.entries(issuers).map(([name, { subject }]) => ({ name, subject })))
  const raw = new Set(all.filter(({ subject }) => subject === 'raw').map(({ name }) => name))
  return new Map(all.map(({ name }) => [name, raw.has(name) ? 'raw' : 'prefixed']))
}

/** Paths that the gateway answers itself under one of the files, so that no rule does. */
export function answeredPathsOf(...files: readonly AnalysedSettings[]): readonly string[] {
  return [...new Set(files.flatMap(singleOwnPaths))].filter((path) => !('fault' in readPattern(path)))
}
