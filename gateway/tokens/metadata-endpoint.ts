import type { FastifyInstance } from 'fastify'
import { Problem } from '../problems.js'

export interface MetadataOptions {
  readonly issuer: string
  /** Scheme, host and port that clients reach the gateway by; null: those of the issuer. Never what a request says. */
  readonly publicUrl: string | null
  /** Where the endpoints of our own are. */
  readonly prefix: string
  /** False when tokens are signed with a shared secret, which no key set publishes. */
  readonly hasPublicKeys: boolean
}

export type Metadata = Readonly<Record<string, string | readonly string[]>>

/** What a client must know to ask for tokens (RFC 8414 §2). */
export function createMetadata({ issuer, publicUrl, prefix, hasPublicKeys }: MetadataOptions): Metadata {
  const base = publicUrl ?? new URL(issuer).origin
  const secrets = ['client_secret_basic', 'client_secret_post']
  return {
    issuer,
    token_endpoint: `${base}${prefix}/token`,
    introspection_endpoint: `${base}${prefix}/introspect`,
    revocation_endpoint: `${base}${prefix}/revoke`,
    ...(hasPublicKeys ? { jwks_uri: `${base}/.well-known/jwks.json` } : {}),
    // Nobody is sent here by a browser: there is no authorization endpoint, and so no response type.
    response_types_supported: [],
    grant_types_supported: ['client_credentials', 'refresh_token'],
    // `none` is the public client that users sign in with.
    token_endpoint_auth_methods_supported: [...secrets, 'none'],
    introspection_endpoint_auth_methods_supported: secrets,
    revocation_endpoint_auth_methods_supported: secrets
  }
}

const PATH = '/.well-known/oauth-authorization-server'

/** Where the metadata of an issuer is: one with a path has it behind the well-known part too (RFC 8414 §3.1). */
export function metadataPaths(issuer: string): ReadonlySet<string> {
  return new Set([PATH, `${PATH}${new URL(issuer).pathname.replace(/\/$/, '')}`])
}

/** The metadata, of the settings that serve now; to be registered under /.well-known. */
export async function metadataEndpoint(
  app: FastifyInstance,
  { metadata }: { readonly metadata: () => Metadata }
): Promise<void> {
  const url = '/oauth-authorization-server'
  app.get(url, async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(metadata()))
  const others = app.supportedMethods.filter((method) => method !== 'GET' && method !== 'HEAD')
  const refuse = async () => {
    throw new Problem('method_not_allowed', { allow: ['GET', 'HEAD'] })
  }
  app.route({ url, method: others, onRequest: refuse, handler: refuse })
}
