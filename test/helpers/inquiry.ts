import { setTimeout as sleep } from 'node:timers/promises'
import type { TestGateway } from './gateway.js'
import { type RawAnswer, sendRaw } from './raw-request.js'

export type Mode = 'nginx' | 'traefik' | 'caddy' | 'envoy'

/** The request that a proxy asks about. */
export interface Asked {
  readonly method?: string
  readonly uri: string
  readonly host?: string
  readonly address?: string
  /** Fields of the client, which the proxy passes on, as lines. */
  readonly lines?: readonly string[]
}

/** The lines by which a proxy tells the request, and the request line it asks by. */
export function tellAs(mode: Mode, { method = 'GET', uri, host = 'shop.test', address = '192.0.2.7' }: Asked) {
  if (mode === 'envoy') {
    return { start: `${method} /auth/check${uri} HTTP/1.1`, told: [`Host: ${host}`, `X-Real-IP: ${address}`] }
  }
  const told =
    mode === 'nginx'
      ? [`Host: ${host}`, `X-Original-Method: ${method}`, `X-Original-URI: ${uri}`, `X-Real-IP: ${address}`]
      : [
          'Host: gateway.test',
          `X-Forwarded-Method: ${method}`,
          'X-Forwarded-Proto: https',
          `X-Forwarded-Host: ${host}`,
          `X-Forwarded-Uri: ${uri}`,
          `X-Forwarded-For: ${address}`
        ]
  return { start: 'GET /auth/check HTTP/1.1', told }
}

/** Asks as the proxy would, byte for byte. */
export function inquire(port: number, mode: Mode, asked: Asked): Promise<RawAnswer> {
  const { start, told } = tellAs(mode, asked)
  return ask(port, start, [...told, ...(asked.lines ?? [])])
}

/** Sends a request without body and waits for the end of the connection. */
export const ask = (port: number, start: string, lines: readonly string[]): Promise<RawAnswer> =>
  sendRaw(port, `${[start, ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`, 2000)

/** A field of an answer, or null when it is absent. */
export function fieldOf({ head }: RawAnswer, name: string): string | null {
  const line = head.split('\r\n').find((text) => text.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line === undefined ? null : line.slice(name.length + 1).trim()
}

/** The problem code of a refusal; null for what passes. */
export const codeOf = ({ body }: RawAnswer): string | null =>
  body === '' ? null : (JSON.parse(body) as { code: string }).code

/** A line of the access log by its place; it is written just after the answer. */
export async function lineAt({ access }: TestGateway, place: number): Promise<Readonly<Record<string, unknown>>> {
  for (let waitedMs = 0; access.length <= place && waitedMs < 2000; waitedMs += 1) await sleep(1)
  return access[place] ?? {}
}
