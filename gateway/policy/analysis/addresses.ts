/** Addresses as numbers of 128 bits, so that networks are intervals: which addresses are worth trying. */
import { holdsIPv4, parseNetwork } from '../networks.js'
import type { Budget } from './budget.js'

interface Interval {
  readonly first: bigint
  readonly last: bigint
}

/** Sorted, apart from each other, none touching the next: one form for one set of addresses. */
export type AddressSet = readonly Interval[]

/** RFC 4291 §2.5.5.2: IPv4 has a block of its own, and no network of the other family reaches into it. */
const ipv4: Interval = { first: 0xffff_0000_0000n, last: 0xffff_ffff_ffffn }
const highest = (1n << 128n) - 1n

const belowIPv4: Interval = { first: 0n, last: ipv4.first - 1n }
const aboveIPv4: Interval = { first: ipv4.last + 1n, last: highest }
const everywhere: AddressSet = [{ first: 0n, last: highest }]

/** Of who asks where no condition looks at addresses; RFC 5737 and RFC 3849 keep this block and others for examples. */
export const anywhere = '192.0.2.1'

const common = (one: Interval, other: Interval): Interval[] => {
  const first = one.first > other.first ? one.first : other.first
  const last = one.last < other.last ? one.last : other.last
  return first <= last ? [{ first, last }] : []
}

const intervalsOf = (cidr: string): Interval[] => {
  const network = parseNetwork(cidr)
  const size = 1n << BigInt(128 - network.prefix)
  const number = network.groups.reduce((higher, group) => (higher << 16n) | BigInt(group), 0n)
  const first = number - (number % size)
  const interval = { first, last: first + size - 1n }
  return holdsIPv4(network) ? [interval] : [...common(interval, belowIPv4), ...common(interval, aboveIPv4)]
}

const compare = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0)

/** The addresses of one family or of both that are in any of these networks. */
export const addressSet = (cidrs: readonly string[]): AddressSet => {
  const merged: Interval[] = []
  for (const interval of cidrs.flatMap(intervalsOf).sort((one, other) => compare(one.first, other.first))) {
    const before = merged.at(-1)
    if (before === undefined || interval.first > before.last + 1n) merged.push(interval)
    else if (interval.last > before.last) merged[merged.length - 1] = { first: before.first, last: interval.last }
  }
  return merged
}

export const isIn = (set: AddressSet, address: bigint): boolean => {
  let low = 0
  let high = set.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((set[middle]?.last ?? highest) < address) low = middle + 1
    else high = middle
  }
  const interval = set[low]
  return interval !== undefined && interval.first <= address
}

/** As the rest of the gateway spells it. */
export const spellAddress = (address: bigint): string => {
  const bits = (shift: number, mask: bigint): bigint => (address >> BigInt(shift)) & mask
  if (address >= ipv4.first && address <= ipv4.last) return [24, 16, 8, 0].map((shift) => bits(shift, 0xffn)).join('.')
  const groups = [112, 96, 80, 64, 48, 32, 16, 0].map((shift) => bits(shift, 0xffffn).toString(16))
  // A URL spells it as RFC 5952 does.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

const numberOf = (address: string): bigint => addressSet([address])[0]?.first ?? 0n

const unremarkable = numberOf(anywhere)
const examples: readonly bigint[] = ['203.0.113.7', '198.51.100.7', '192.0.2.7', '2001:db8::7'].map(numberOf)

/** The first that reads like a host's; the very first is often the network's own. */
const readable = ({ first, last }: Interval): bigint =>
  [first + 7n, first + 1n].find((address) => address <= last && address !== unremarkable) ?? first

/** One address from between each two places where some network begins or ends: all others there are judged alike. */
const onePerStretch = (sets: readonly AddressSet[]): bigint[] => {
  const edges = [...sets, [belowIPv4, ipv4, aboveIPv4]].flat().flatMap(({ first, last }) => [first, last + 1n])
  const starts = edges.sort(compare).filter((edge, index) => edge !== edges[index - 1] && edge <= highest)
  const picked = starts.map((first, index) => readable({ first, last: (starts[index + 1] ?? highest + 1n) - 1n }))
  const isIPv4 = (address: bigint): boolean => isIn([ipv4], address)
  return [...picked.filter(isIPv4), ...picked.filter((address) => !isIPv4(address))]
}

/**
 * Addresses in `within` (null: any), one for each combination of `others` that some address lies in: examples before
 * all, then IPv4. Where nobody looks at addresses it is `anywhere`.
 */
export const addressesToTry = (
  within: AddressSet | null,
  others: readonly AddressSet[],
  budget: Budget
): readonly bigint[] => {
  if (within === null && others.length === 0) return [unremarkable]
  const base = within ?? everywhere
  const kinds = new Map<string, bigint>()
  for (const address of [...examples, ...onePerStretch([base, ...others])]) {
    budget.spend(1 + others.length)
    if (!isIn(base, address)) continue
    const kind = others.map((set) => (isIn(set, address) ? '1' : '0')).join('')
    if (!kinds.has(kind)) kinds.set(kind, address)
  }
  return [...kinds.values()]
}
