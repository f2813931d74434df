import type { Allow, Authentication, Decision } from '../../gateway/domain.js'
import { compilePolicy, decide } from '../../gateway/policy/index.js'
import { canonical, makeRules } from './make-rules.js'

export interface Asked {
  readonly pattern?: string
  readonly raw?: string
  readonly allow: Allow
  readonly address?: string
  readonly authentication: Authentication
}

/** The decision on one request under one rule. */
export const judgeOne = ({
  pattern = '/**',
  raw = '/',
  allow,
  address = '192.0.2.1',
  authentication
}: Asked): Decision => {
  const policy = compilePolicy({ revision: 'r7', rules: makeRules([{ path: pattern, allow }]) })
  const request = { method: 'GET', host: 'example.com', path: canonical(raw), address }
  return decide({
    id: 'd1',
    revision: policy.revision,
    request,
    match: policy.find({ ...request, oddities: 0 }),
    authentication
  })
}
