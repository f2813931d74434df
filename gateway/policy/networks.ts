/** Networks in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3), parsed once and compared without allocation per network. */
import { isIPv4, isIPv6 } from 'node:net'

/** Eight groups of sixteen bits; IPv4 is held as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2). */
type Groups = readonly number[]

/** `prefix` counts from the first of the 128 bits, whatever the family. */
export interface Network {
  readonly groups: Groups
  readonly prefix: number
}

const mappedBits = 96

const isMapped = (groups: Groups): boolean => groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)

const groupsOfIPv4 = (address: string): number[] => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return [(a << 8) | b, (c << 8) | d]
}

const groupsOfPart = (part: string): number[] =>
  part === ''
    ? []
    : part.split(':').flatMap((group) => (group.includes('.') ? groupsOfIPv4(group) : [Number.parseInt(group, 16)]))

const parseAddress = (address: string): Groups | null => {
  if (isIPv4(address)) return [0, 0, 0, 0, 0, 0xffff, ...groupsOfIPv4(address)]
  const [withoutZone = ''] = address.split('%')
  if (!isIPv6(withoutZone)) return null
  const [head = '', tail] = withoutZone.split('::')
  const before = groupsOfPart(head)
  const after = groupsOfPart(tail ?? '')
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
}

/** A CIDR or a single address; throws a TypeError for what is neither. */
export const parseNetwork = (text: string): Network => {
  const [address = '', length, ...rest] = text.split('/')
  const groups = parseAddress(address)
  const bits = isIPv4(address) ? 32 : 128
  const wrong = length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > bits)
  if (groups === null || wrong || rest.length > 0) throw new TypeError(`'${text}' is no network`)
  return { groups, prefix: length === undefined ? 128 : Number(length) + 128 - bits }
}

/** Whether every address of the network is an IPv4 one; otherwise none is, not even in `::/0`. */
export const holdsIPv4 = ({ groups, prefix }: Network): boolean => prefix >= mappedBits && isMapped(groups)

const holds = (network: Network, address: Groups): boolean => {
  const { groups, prefix } = network
  // `::/0` is every IPv6 address and no IPv4 one: an operator who lists one family does not mean the other.
  if (isMapped(address) !== holdsIPv4(network)) return false
  for (let index = 0, left = prefix; left > 0; index++, left -= 16) {
    const difference = (groups[index] ?? 0) ^ (address[index] ?? 0)
    if (difference >>> Math.max(0, 16 - left) !== 0) return false
  }
  return true
}

/** Compiles CIDRs, or single addresses, to a test of client addresses; throws a TypeError for what is neither. */
export const createNetworks = (cidrs: readonly string[]): ((address: string) => boolean) => {
  const networks = cidrs.map(parseNetwork)
  return (text) => {
    const address = parseAddress(text)
    return address !== null && networks.some((network) => holds(network, address))
  }
}
