import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { judgeOne } from './judge-one.js'
import { anonymous, oneOf } from './make-rules.js'

const holds = (networks: readonly string[], address: string): boolean =>
  judgeOne({ allow: oneOf({ networks }), address, authentication: anonymous }).allow

const rows: readonly (readonly [network: string, address: string, holds: boolean])[] = [
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.5/8', '10.9.9.9', true],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['192.0.2.0/31', '192.0.2.1', true],
  ['192.0.2.0/31', '192.0.2.2', false],
  ['255.255.255.255/32', '255.255.255.255', true],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '203.0.113.9', false],
  ['::1', '::1', true],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['10.0.0.0/8', '::ffff:a01:203', true],
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::ffff:0:0/96', '10.1.2.3', true],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['10.0.0.0/8', '', false],
  ['10.0.0.0/8', 'unix:', false],
  ['10.0.0.0/8', '10.1', false],
  ['0.0.0.0/0', '010.0.0.1', false]
]

t.test('an address is in a network of its own family', (t) => {
  for (const [network, address, expected] of rows) t.equal(holds([network], address), expected, `${network} ${address}`)
  t.ok(holds(['192.0.2.0/24', 'fd00::/8'], 'fd12::1'), 'any of')
  t.end()
})

t.test('it agrees with the BlockList of Node', (t) => {
  const near = fc.constantFrom('10.0.0.0', '10.0.0.1', '10.0.128.0', '10.1.0.0', '138.0.0.1')
  const nearV6 = fc.constantFrom('fd00::', 'fd00::1', 'fd00:0:0:8000::', 'fd01::5', '7d00::1.2.3.4', '1:2:3:4:5:6:7:8')
  const v4 = fc.tuple(fc.oneof(near, fc.ipV4()), fc.oneof(near, fc.ipV4()), fc.integer({ min: 0, max: 32 }))
  const v6 = fc.tuple(fc.oneof(nearV6, fc.ipV6()), fc.oneof(nearV6, fc.ipV6()), fc.integer({ min: 0, max: 128 }))
  fc.assert(
    fc.property(fc.oneof(v4, v6), ([network, address, prefix]) => {
      // BlockList lets `::/0` hold IPv4-mapped addresses, which are IPv4 here.
      fc.pre(!/^(?:0*:)*:?(?:0*:)*ffff:/i.test(address) && !/^(?:0*:)*:?(?:0*:)*ffff:/i.test(network))
      const list = new BlockList()
      const family = isIP(network) === 4 ? 'ipv4' : 'ipv6'
      list.addSubnet(network, prefix, family)
      return list.check(address, family) === holds([`${network}/${prefix}`], address)
    }),
    { numRuns: 5000, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false }
  )
  t.end()
})
