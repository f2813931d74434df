import fc from 'fast-check'
import t from 'tap'
import type { Condition } from '../../gateway/domain.js'
import { untilSeen } from '../helpers/until-seen.js'
import { judgeOne } from './judge-one.js'
import { as, oneOf } from './make-rules.js'

const names = ['a', 'b', 'c', 'd']
const some = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
const condition = fc
  .record({ roles: some, allRoles: some, scopes: some }, { requiredKeys: [] })
  .filter((entries) => Object.keys(entries).length > 0) as fc.Arbitrary<Condition>
const held = fc.uniqueArray(fc.constantFrom(...names))

t.test('one more role or scope never turns allow into deny', (t) => {
  let allowed = 0
  untilSeen(
    () => allowed > 100,
    () =>
      fc.assert(
        fc.property(
          fc.array(condition, { maxLength: 3 }),
          held,
          held,
          held,
          held,
          (of, roles, scopes, moreRoles, moreScopes) => {
            const allow = oneOf(...of)
            if (!judgeOne({ allow, authentication: as({ roles, scopes }) }).allow) return true
            allowed++
            const more = as({ roles: [...moreRoles, ...roles], scopes: [...moreScopes, ...scopes] })
            return judgeOne({ allow, authentication: more }).allow
          }
        ),
        { numRuns: 5000, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false }
      )
  )
  t.ok(allowed > 100, `${allowed} were allowed`)
  t.end()
})
