import { BlockList, isIP } from 'node:net'
import { readForwarded } from './forwarded-list.js'

/** `::ffff:192.0.2.1` is `192.0.2.1` (RFC 4291 §2.5.5.2); anything else stays as it is. */
export function unmap(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** Some proxies add the port; RFC 7239 §6 puts IPv6 in brackets. */
const NODE = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?$/

/** The address of one entry as a proxy wrote it, or null when it holds none. */
export function readNode(entry: string): string | null {
  const [, inBrackets, plain] = NODE.exec(entry) ?? []
  const address = unmap(inBrackets ?? plain ?? entry)
  return isIP(address) === 0 ? null : address
}

export interface Peer {
  /** The client, as far as trusted proxies vouch for it. */
  readonly address: string
  /** Whether the connection itself comes from a trusted proxy, so that its forwarding fields count. */
  readonly trusted: boolean
}

/** Makes the test whether an address lies in one of `networks`: addresses and CIDRs, of either family. */
export function createNetworkSet(networks: readonly string[]): (address: string) => boolean {
  const set = new BlockList()
  for (const entry of networks) {
    const [network = '', prefix] = entry.split('/')
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) set.addAddress(network, family)
    else set.addSubnet(network, Number(prefix), family)
  }
  return (address) => isIP(address) !== 0 && set.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/**
 * The last address of a list that proxies append to and that is no trusted proxy's; null when it does not end with an
 * address. An entry that is no address ends the walk: what stands left of it was written by somebody unknown.
 */
export function lastUntrusted(
  hops: readonly (string | null)[],
  isTrusted: (address: string) => boolean
): string | null {
  let address: string | null = null
  for (const entry of hops.toReversed()) {
    const hop = readNode(entry?.trim() ?? '')
    if (hop === null) break
    address = hop
    if (!isTrusted(hop)) break
  }
  return address
}

/**
 * Makes the function that tells who is at the other end: the connection's address, or, when that is one of
 * `trustedProxies` (addresses and CIDRs), the last address in `X-Forwarded-For` that is not; without such a field, in
 * `Forwarded` (RFC 7239).
 */
export function createClientAddress(trustedProxies: readonly string[]) {
  const isTrusted = createNetworkSet(trustedProxies)

  return function clientAddress(
    remoteAddress: string | undefined,
    forwardedFor: string | undefined,
    forwarded: string | undefined
  ): Peer {
    const peer = unmap(remoteAddress ?? '')
    if (trustedProxies.length === 0 || !isTrusted(peer)) return { address: peer, trusted: false }
    // Proxies that append to one of the two often pass the other on as it came; X-Forwarded-For is the usual one.
    const hops = forwardedFor === undefined ? readForwarded(forwarded ?? '') : forwardedFor.split(',')
    return { address: lastUntrusted(hops ?? [], isTrusted) ?? peer, trusted: true }
  }
}
