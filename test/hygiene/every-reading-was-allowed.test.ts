import { connect } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { eventually } from '../helpers/eventually.js'
import { areaSite, areas, isAllowed, type Person } from './area-site.js'
import { conversation } from './hostile-bytes.js'
import { type HostileSite, startHostileSite } from './hostile-site.js'
import { type Message, valuesOf } from './strict-http.js'
import { hostOf, nameReaders, pathReaders, valuesReadAs, valuesTaken } from './upstream-readings.js'

/** Fields by which nobody may say anything upstream, in any spelling. */
const NEVER = [
  ...['authorization', 'x-tenant', 'remote-user', 'x-forwarded-user', 'x-portcullis-assertion', 'proxy', 'upgrade'],
  ...['x-original-url', 'x-rewrite-url', 'x-http-method-override', 'script-name', 'path-info', 'x-script-name']
]
const IDENTITY = ['x-user-id', 'x-user-name', 'x-user-roles']

/** Says what somebody said, all of it, and stays until the gateway has ended the connection or is silent. */
const say = (port: number, bytes: string) =>
  new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let silence = setTimeout(() => socket.destroy(), 100)
    socket.on('data', () => {
      clearTimeout(silence)
      silence = setTimeout(() => socket.destroy(), 100)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(silence)
      resolve()
    })
  })

/** What is wrong with a message that has arrived, to any upstream that there may be; null: nothing. */
function faultOf(message: Message, person: Person | null, identity: readonly string[]): string | null {
  const said = IDENTITY.flatMap((name) => valuesOf(message, name))
  const who = said.length === 0 ? null : person
  for (const reader of nameReaders) {
    for (const name of NEVER) if (valuesReadAs(message, reader, name).length > 0) return `${reader.name}: ${name}`
    for (const [at, name] of IDENTITY.entries()) {
      const values = valuesReadAs(message, reader, name)
      const expected = who === null ? [] : [identity[at]]
      if (values.length !== expected.length) return `${reader.name}: ${values.length} values of ${name}`
      if (valuesTaken(values).some((value) => value !== identity[at])) return `${reader.name}: ${name} is ${values}`
    }
  }
  if (/portcullis-(?:access|refresh)=/i.test(valuesOf(message, 'cookie').join())) return 'a cookie of ours'
  if (hostOf(message) === 'control.test') return null
  const area = areas.find(({ host }) => host === hostOf(message))
  if (area === undefined) return `no rule is for ${hostOf(message)}`
  const path = message.target.replace(/\?.*$/s, '')
  for (const { name, caseBlind, read } of pathReaders) {
    if (caseBlind && area.caseSensitive) continue
    if (!isAllowed(read(path), message.method, who)) return `${name} reads ${read(path)}`
  }
  return null
}

/** Every request that has arrived is one that the gateway says it has forwarded, and the other way round. */
async function accountFor(t: Parameters<typeof startHostileSite>[0], { upstream, access }: HostileSite) {
  const ids = upstream.messages.flatMap((message) => valuesOf(message, 'x-request-id'))
  const arrived = new Set(ids)
  t.equal(arrived.size, upstream.messages.length, 'each message has an id of its own')
  const areLogged = () => {
    const allowed = new Set(access.filter(({ verdict }) => verdict === 'allow').map((line) => line.request_id))
    return ids.every((id) => allowed.has(id))
  }
  await eventually(areLogged, 'what arrived is what the log says was allowed', 20_000)
  const forwarded = access.filter((line) => line.upstream_ms !== undefined)
  t.ok(
    forwarded.every((line) => arrived.has(String(line.request_id))),
    'everything that was forwarded has arrived'
  )
}

const PEOPLE: readonly (Person | null)[] = [
  null,
  { username: 'alice', roles: ['user'] },
  { username: 'root', roles: ['admin', 'user'] }
]

/** So many messages have to have arrived, of so many conversations at most, before the property counts as tried. */
const ENOUGH = 250
const BATCH = 64

for (const person of PEOPLE) {
  const name = person?.username ?? 'nobody'
  t.test(`whatever ${name} sends, every reading of what arrives was allowed`, async (t) => {
    const site = await startHostileSite(t, { yaml: areaSite, users: person === null ? [] : [person] })
    const token = person === null ? null : (await site.login(person.username)).access_token
    const identity: string[] = []
    if (token !== null) {
      await site.send(
        `GET /in HTTP/1.1\r\nHost: strict.test\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`
      )
      const [message] = site.arrived()
      if (message === undefined) throw new Error('an honest request has not passed')
      identity.push(...IDENTITY.flatMap((field) => valuesOf(message, field)))
      t.equal(identity[1], name)
      t.strictSame(identity[2]?.split(',').sort(), [...(person?.roles ?? [])])
    }
    const batch = fc.array(conversation(token), { minLength: BATCH, maxLength: BATCH })
    let checked = site.upstream.messages.length
    const faults: string[] = []
    // Nothing is shrunk: what has arrived is short, says what is wrong with it, and belongs into the table of the other file.
    const property = fc.asyncProperty(batch, async (conversations) => {
      await Promise.all(conversations.map((bytes) => say(site.port, bytes)))
      const control = await site.send('GET /open/control HTTP/1.1\r\nHost: control.test\r\nConnection: close\r\n\r\n')
      if (control.status !== 200) faults.push(`a control request was answered ${control.status}`)
      for (; checked < site.upstream.messages.length; checked += 1) {
        const message = site.upstream.messages[checked]
        const fault = message === undefined ? null : faultOf(message, person, identity)
        if (fault !== null) faults.push(`${fault}: ${JSON.stringify(message)}`)
      }
    })
    for (let tries = 0; checked < ENOUGH && tries < 50; tries += 1) await fc.assert(property, { numRuns: 3 })
    t.strictSame([...faults, ...site.upstream.faults], [])
    t.ok(checked >= ENOUGH, `${checked} messages have arrived`)
    await accountFor(t, site)
    t.strictSame(
      site.failures.filter((failure) => /TypeError|RangeError/.test(String(failure))),
      []
    )
  })
}
