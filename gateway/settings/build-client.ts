import type { FileSettings } from './schema.js'
import type { Secret } from './secret.js'
import type { Client } from './settings.js'

export function buildClient(
  id: string,
  { roles, scopes, access, networks }: FileSettings['clients'][string],
  secrets: readonly Secret[],
  accessMs: number
): Client {
  return {
    id,
    secrets,
    roles: unique(roles),
    scopes: unique(scopes),
    accessMs: access ?? accessMs,
    networks: networks ?? null
  }
}

const unique = (names: readonly string[]) => [...new Set(names)]
