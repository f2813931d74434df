/** Proxies that ask for a verdict and forward by themselves. */
import { choice, flag } from './leaves.js'
import { network } from './network-leaves.js'
import { listOf, oneOrMany, section } from './sections.js'

export const forwardAuth = section({
  mode: oneOrMany(choice(['nginx', 'traefik', 'caddy', 'envoy'])).describe(
    'Whose conventions tell the request in question: one, or a list.'
  ),
  from: listOf(network()).describe('Only connections from these addresses or networks are answered.'),
  insecure_from_everywhere: flag().prefault(false).describe('Accepts networks of every address in `from`.')
})
  .optional()
  .describe(
    'Answers `<auth.prefix>/check` with the verdict on a request that the asking proxy forwards itself. Default: nobody is answered.'
  )
