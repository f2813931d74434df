import type { Access, RuleLife } from '../../policy/index.js'
import { openJson } from '../open-words.js'
import { showAllow } from '../show-allow.js'
import type { AccessReport } from './build-report.js'

function lifeJson(life: RuleLife) {
  const hidden = life.life === 'dead' ? life : { hiddenBy: [], hiddenByClosed: [] }
  return {
    matches: life.life === 'alive' ? 'yes' : life.life === 'dead' ? 'never' : 'undecided',
    hidden_by: hidden.hiddenBy.map(({ index, line, path }) => ({ index, line, path })),
    hidden_by_gateway: hidden.hiddenByClosed.map(({ path, hosts }) => ({ path, hosts })),
    witness: life.life === 'alive' ? life.witness : null,
    limit: life.life === 'undecided' ? { limit: life.limit, value: life.value } : null
  }
}

const accessJson = (access: Access) => ({
  access: access.access,
  if: access.access === 'conditional' ? access.having : []
})

/** `docs/policy.md` says what its members mean. */
export function showJson({ file, revision, askers, rows, open }: AccessReport): string {
  const undecided = rows.flatMap(({ life, cells }) => {
    const limits = [life, ...cells].filter((one) => 'limit' in one)
    return limits
      .slice(0, 1)
      .map(({ limit, value }) => ({ index: life.rule.index, line: life.rule.line, limit, value }))
  })
  const rules = rows.map(({ life, cells }) => {
    const { index, line, path, methods, hosts, allow, upstream } = life.rule
    const [anyone, signedIn, ...others] = cells.map(accessJson)
    const names = askers.flatMap((asker) => (asker.kind === 'role' ? [asker.role] : []))
    // Its own properties whatever they are called: a role may well be `__proto__`.
    const roles = Object.fromEntries(names.map((role, at) => [role, others[at]]))
    const access = { anyone, signed_in: signedIn, roles }
    return { index, line, path, methods, hosts, upstream, allow: showAllow(allow), ...lifeJson(life), ...access }
  })
  const exact = undecided.length === 0
  return `${JSON.stringify({ file, revision, exact, undecided, anyone: openJson(open), rules })}\n`
}
