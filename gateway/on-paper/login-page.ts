/** Whether whoever has to sign in gets the page to do it. */
import { createPaperJudge } from '../judgement.js'
import { type Finding, type Settings, warningAt } from '../settings/index.js'

interface Page {
  readonly target: string
  /** Where it may be asked for; any of them will do. */
  readonly authorities: readonly string[]
}

/** null: there is none, or it is not ours. */
function pageOf({ tokens, publicUrl, rules }: Settings): Page | null {
  const { enabled, loginUrl } = tokens.cookies
  if (!enabled || loginUrl === null) return null
  const home = publicUrl === null ? null : new URL(publicUrl)
  if (loginUrl.startsWith('/')) {
    const anywhere = ['localhost', ...rules.flatMap(({ hosts }) => hosts ?? [])]
    return { target: loginUrl, authorities: home === null ? [...new Set(anywhere)] : [home.host] }
  }
  const page = new URL(loginUrl)
  return page.origin === home?.origin ? { target: `${page.pathname}${page.search}`, authorities: [page.host] } : null
}

/** A warning at `login_url`, if the rules refuse that page to a stranger. */
export function findLoginFault(settings: Settings): readonly Finding[] {
  const page = pageOf(settings)
  if (page === null) return []
  const judge = createPaperJudge(settings)
  const judged = page.authorities.map((authority) =>
    judge({
      method: 'GET',
      target: page.target,
      authority,
      // RFC 5737: of nobody in particular, so that no network of the rules is likely to hold it.
      address: '192.0.2.1',
      authentication: { kind: 'anonymous' }
    })
  )
  if (judged.some((one) => one.kind === 'own' || (one.kind === 'judged' && one.decision.allow))) return []
  const rule = judged.map((one) => (one.kind === 'judged' ? one.decision.rule : null)).find((one) => one !== null)
  const at = ['tokens', 'cookies', 'login_url']
  const hint = 'write a rule for it with allow: anyone'
  if (rule === undefined) return [warningAt(at, 'no rule covers this page', hint)]
  const related = [{ path: ['rules', rule?.index ?? 0], at: 'value' as const, message: 'decides it' }]
  return [warningAt(at, 'whoever is not signed in is refused this page, too', `${hint}, above this one`, related)]
}
