/** What the public door lets in, and for how long. */
import { count, duration } from './leaves.js'
import { section } from './sections.js'
import { size } from './size-leaf.js'
import { filePath } from './target-leaves.js'

export const listener = section({
  header_timeout: duration({ least: '100ms', most: '10m' })
    .prefault('15s')
    .describe('How long a header section may take to arrive whole, and a TLS handshake.'),
  body_timeout: duration({ least: '100ms', most: '1h' })
    .prefault('60s')
    .describe(
      'How long a client may be silent in the middle of a body that is forwarded. A body for the gateway itself must be whole in this time, and in 15s.'
    ),
  idle_timeout: duration({ least: '100ms', most: '1h' })
    .prefault('72s')
    .describe('How long a connection is kept after an answer, for the next request.'),
  max_connections: count(1_000_000)
    .prefault(20_000)
    .describe(
      'Connections at once; more are closed unanswered. Fewer where the descriptors of the process would not be enough.'
    ),
  max_connections_per_address: count(1_000_000)
    .optional()
    .describe(
      'Of them from one address (IPv6: /64); `trusted_proxies` are exempt. Default: three quarters, so that nobody takes all of them alone.'
    ),
  max_header_size: size({ least: '1kb', most: '256kb', example: '16kb' })
    .prefault('16kb')
    .describe('The header section of a request, its target included.'),
  max_requests: count(1_000_000)
    .prefault(5_000)
    .describe('Requests in flight; more are answered 503 `overloaded` before anything is done for them.'),
  max_memory: size({ least: '16mb', most: '1000gb', example: '512mb' })
    .optional()
    .describe(
      'Memory that JavaScript uses, beyond which new requests are answered 503 `overloaded`. Default: from what the process may have.'
    )
})
  .prefault({})
  .describe('What the public door lets in, and for how long.')

export const tls = section({
  cert: filePath().describe('The certificate and what leads to its root, in PEM, the own one first.'),
  key: filePath().describe('Its private key, in PEM, without a passphrase.')
})
  .optional()
  .describe('Speaks TLS on the public port. The files are read again when they change. Default: plain HTTP.')
