import fc from 'fast-check'
import t from 'tap'
import { findDeadRules, preparePolicy } from '../../../gateway/policy/index.js'
import { untilSeen } from '../../helpers/until-seen.js'
import { anyone } from '../make-rules.js'
import { type Chooser, createNaivePolicy } from './naive-policy.js'
import { allRequests, someRules } from './small-policies.js'

const timeBox = { numRuns: 5000, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false }
const closed: readonly Chooser[] = [{ path: '/a/b/**', hosts: ['one'], methods: null }]
const closedPrefix = [{ path: '/a/b', hosts: ['one'] }]

t.test('what is called dead decides no request, what is called alive decides its witness', (t) => {
  const counts = { alive: 0, dead: 0 }
  untilSeen(
    () => counts.alive > 15 && counts.dead > 15,
    () =>
      fc.assert(
        fc.property(someRules([anyone], 6), fc.boolean(), (rules, isClosed) => {
          const before = isClosed ? closed : []
          const policy = preparePolicy({ revision: 'r', rules, closed: isClosed ? closedPrefix : [] })
          const naive = createNaivePolicy(rules, before)
          const lives = findDeadRules(policy)
          const requests = lives.some(({ life }) => life === 'dead') ? allRequests([...before, ...rules]) : []
          const winners = new Set(requests.map((request) => naive.find(request)))
          for (const found of lives) {
            if (found.life === 'undecided') return false
            counts[found.life]++
            if (found.life === 'alive' && naive.find(found.witness) !== found.rule) return false
            if (found.life === 'dead' && winners.has(found.rule)) return false
          }
          return true
        }),
        timeBox
      )
  )
  t.ok(counts.alive > 15 && counts.dead > 15, `${counts.alive} alive, ${counts.dead} dead`)
  t.end()
})
