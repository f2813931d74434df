import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A service of the settings, which proves by a secret who it is. */
export interface ClientOptions {
  readonly id: string
  /** One, or two while a secret is being replaced. */
  readonly secrets: readonly { readonly reveal: () => string }[]
  readonly roles: readonly string[]
  /** What it may ask for, and is granted when it asks for nothing. */
  readonly scopes: readonly string[]
  readonly accessMs: number
  /** CIDRs that it may prove itself from; null: everywhere. */
  readonly networks: readonly string[] | null
}

/** A service that has proved who it is. */
export interface Client {
  readonly id: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly accessMs: number
  /** Goes into its tokens: they hold for as long as the settings say the same of the client and know this secret. */
  readonly generation: string
}

export interface Clients {
  /**
   * The client, or null: unknown, a wrong secret or a wrong network, which all take the same time. `secrets` are the
   * readings that one offered secret may have.
   */
  readonly authenticate: (id: string, secrets: readonly string[], address: string) => Client | null
  /** Whether a token of this generation was issued to the client as it is defined now. */
  readonly isCurrent: (id: string, generation: unknown) => boolean
}

export interface ClientsOptions {
  readonly clients: Readonly<Record<string, ClientOptions>>
  readonly createNetworks: (cidrs: readonly string[]) => (address: string) => boolean
}

/** A secret as it is kept to be compared: by hash, so that all have one length. */
interface KeptSecret {
  readonly hash: Buffer
  readonly generation: string
}

interface KnownClient extends ClientOptions {
  /** Always `MOST_SECRETS` of them, so that no number can be told by the time it takes. */
  readonly kept: readonly KeptSecret[]
  readonly generations: ReadonlySet<unknown>
  readonly admitsAddress: (address: string) => boolean
}

const MOST_SECRETS = 2

const hashOf = (secret: string) => createHash('sha256').update(secret).digest()
const decoys = (count: number): KeptSecret[] =>
  Array.from({ length: count }, () => ({ hash: randomBytes(32), generation: '' }))

/** Whom a token could help to guess a secret: what is shorter is no key (RFC 7518 §3.2). */
const SHORTEST_KEY = 32

/**
 * What the settings say of the client, under one of its secrets: a token tells it to whoever sees it, and nothing of a
 * secret as long as it should be. A shorter one could be tried on it, so it takes no part. Nor does how long tokens
 * live, which says nothing about what they may do.
 */
function generationOf({ id, roles, scopes, networks }: ClientOptions, secret: string): string {
  const definition = JSON.stringify([id, roles.toSorted(), scopes.toSorted(), networks?.toSorted() ?? null])
  const key = Buffer.byteLength(secret) < SHORTEST_KEY ? '' : secret
  return createHmac('sha256', key)
    .update('portcullis client generation\0')
    .update(definition)
    .digest('base64url')
    .slice(0, 16)
}

/** The services of one revision of the settings. Nothing is asked of the store. */
export function createClients({ clients, createNetworks }: ClientsOptions): Clients {
  const nobody = decoys(MOST_SECRETS)
  const known = new Map<string, KnownClient>()
  for (const client of Object.values(clients)) {
    const secrets = client.secrets.map((secret) => secret.reveal())
    const kept = secrets.map((secret) => ({ hash: hashOf(secret), generation: generationOf(client, secret) }))
    known.set(client.id, {
      ...client,
      kept: [...kept, ...decoys(MOST_SECRETS - kept.length)],
      generations: new Set(kept.map(({ generation }) => generation)),
      admitsAddress: client.networks === null ? () => true : createNetworks(client.networks)
    })
  }

  return {
    authenticate(id, secrets, address) {
      const client = known.get(id)
      const offered = secrets.map(hashOf)
      // Every pair is compared, whatever the earlier ones said.
      const [proved] = (client?.kept ?? nobody).filter(
        ({ hash }) => offered.filter((offer) => timingSafeEqual(offer, hash)).length > 0
      )
      if (client === undefined || proved === undefined || !client.admitsAddress(address)) return null
      const { roles, scopes, accessMs } = client
      return { id, roles, scopes, accessMs, generation: proved.generation }
    },
    isCurrent: (id, generation) => known.get(id)?.generations.has(generation) ?? false
  }
}
