/** GitHub's own OpenAPI document, some 1,200 operations, as the npm package brings it; and the policy made from it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Api, writeSettings } from '../../gateway/openapi/index.js'
import { apiOf } from './openapi.js'

/** Read, not imported: the package's own module would load 400 MB of variants. */
export const GITHUB_DOCUMENT = join(
  import.meta.dirname,
  '../../../node_modules/@octokit/openapi/generated/api.github.com.json'
)

export const githubApi = (): Api => apiOf(readFileSync(GITHUB_DOCUMENT, 'utf8'))

/** A settings file with one rule for each operation: more than 1,000. The same text each time. */
export const githubPolicy = (): string =>
  writeSettings(githubApi(), { document: 'api.github.com.json', file: 'gateway.yaml', schemaLine: null })
