import type { Allow } from '../../../gateway/domain.js'
import type { Who } from '../../../gateway/policy/analysis/passing.js'
import { compileAllow, type Parameters } from '../../../gateway/policy/conditions.js'
import { decide } from '../../../gateway/policy/index.js'
import { canonical, makeRules } from '../make-rules.js'

const [rule] = makeRules([{ path: '/**' }])

/** What the real decision says to each who comes, under a rule that allows this and a path that gave these segments. */
export const passing = (allow: Allow, parameters: Parameters): ((who: Who) => boolean) => {
  const compiled = compileAllow(allow)
  if (rule === undefined) throw new Error('no rule')
  const match = { rule, parameters, allow: compiled }
  const path = canonical('/')
  return ({ authentication, address }) =>
    decide({
      id: 'd',
      revision: 'r',
      request: { method: 'GET', host: 'h', path, address },
      match,
      authentication
    }).allow
}
