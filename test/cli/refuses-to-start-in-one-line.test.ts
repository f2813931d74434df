import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import t, { type Test } from 'tap'
import { applicationId } from '../../gateway/store/schema.js'
import { runCommand } from '../helpers/command.js'
import { makePlace, type Place, startProcess } from '../helpers/gateway-process.js'
import { ec, pkcs8 } from '../tokens/some-keys.js'

const policy = 'upstreams: { app: { url: http://127.0.0.1:9 } }\nrules: [{ path: /**, allow: nobody }]\n'

const inData = ({ folder }: Place, ...names: string[]) => join(folder, 'data', ...names)

const occupy = (t: Test, port: number) =>
  new Promise<void>((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', resolve)
    t.teardown(() => server.close())
  })

function writeOtherStore(place: Place, sql: string): void {
  mkdirSync(inData(place), { mode: 0o700 })
  const database = new DatabaseSync(inData(place, 'portcullis.db'))
  database.exec(sql)
  database.close()
}

interface Case {
  readonly name: string
  readonly says: RegExp
  /** Whether nothing at all may be left in the folder but gateway.yaml. */
  readonly leavesNothing?: true
  readonly env?: Record<string, string>
  readonly prepare: (t: Test, place: Place) => unknown
}

const cases: readonly Case[] = [
  {
    name: 'the port is taken',
    prepare: (t, { port }) => occupy(t, port),
    says: /^portcullis: the gateway cannot listen on 127\.0\.0\.1:\d+: the address is already in use$/,
    leavesNothing: true
  },
  {
    name: 'the admin port is taken',
    prepare: (t, { adminPort }) => occupy(t, adminPort),
    says: /^portcullis: the admin port cannot listen on 127\.0\.0\.1:\d+: the address is already in use$/,
    leavesNothing: true
  },
  {
    name: 'a file stands where the data folder should be',
    prepare: (_t, place) => writeFileSync(inData(place), ''),
    says: /^portcullis: the data folder \/.+\/data cannot be used: a file stands where a folder is expected$/
  },
  {
    name: 'the data folder takes no files',
    // Not even root makes files there.
    prepare: (_t, place) => symlinkSync('/sys', inData(place)),
    says: /^portcullis: .+\/data.*: (the file system is read-only|permission denied)$/
  },
  {
    name: 'the settings file is missing',
    prepare: (_t, place) => rmSync(place.file),
    says: /^gateway\.yaml: there is no such file$/
  },
  {
    name: 'the settings file has mistakes',
    prepare: (_t, place) =>
      writeFileSync(place.file, place.yaml('upsteams: {}\nrules: [{ path: /a, allow: anyone }]\n')),
    says: /^gateway\.yaml:3:1: error: upsteams: is not a known key$[\s\S]+did you mean 'upstreams'\?$[\s\S]+^\d errors in gateway\.yaml$/m,
    leavesNothing: true
  },
  {
    name: 'the store was written by a newer version',
    prepare(_t, place) {
      writeOtherStore(place, `CREATE TABLE t (x); PRAGMA application_id = ${applicationId}; PRAGMA user_version = 99`)
    },
    says: /^portcullis: store \/.+\/portcullis\.db: it was written by a newer version .+$/
  },
  {
    name: 'the store is no store',
    prepare(_t, place) {
      mkdirSync(inData(place), { mode: 0o700 })
      writeFileSync(inData(place, 'portcullis.db'), 'garbage '.repeat(1000))
    },
    says: /^portcullis: store \/.+\/portcullis\.db: the file is not a SQLite database$/
  },
  {
    name: 'others can read a key',
    prepare(_t, place) {
      mkdirSync(inData(place, 'keys'), { recursive: true, mode: 0o700 })
      writeFileSync(inData(place, 'keys', 'a.pem'), pkcs8(ec().privateKey))
      chmodSync(inData(place, 'keys', 'a.pem'), 0o644)
    },
    says: /^portcullis: \/.+\/data\/keys\/a\.pem is open to others than its owner: run chmod 600 on it$/
  },
  {
    name: 'the audit log has no place',
    prepare: (_t, place) => writeFileSync(place.file, place.yaml(`${policy}logs: { audit: gateway.yaml/audit.log }\n`)),
    says: /^portcullis: the log \/.+\/audit\.log cannot be opened: a file stands where a folder is expected$/
  },
  {
    name: 'the file of the first password is missing',
    prepare() {},
    env: { PORTCULLIS_ADMIN_PASSWORD: '', PORTCULLIS_ADMIN_PASSWORD_FILE: '/nowhere/at-all' },
    says: /^portcullis: PORTCULLIS_ADMIN_PASSWORD_FILE \/nowhere\/at-all: there is no such file or folder$/
  },
  {
    name: 'the first password is too short',
    prepare() {},
    env: { PORTCULLIS_ADMIN_PASSWORD: 'short' },
    says: /^portcullis: PORTCULLIS_ADMIN_PASSWORD: The password is shorter than 8 characters\.$/
  }
]

for (const { name, says, prepare, env, leavesNothing } of cases) {
  t.test(`${name}: one clear line and exit 1`, async (t) => {
    const place = await makePlace(t, policy)
    await prepare(t, place)
    const { status, stdout, stderr } = await runCommand(t, ['start'], {
      cwd: place.folder,
      env: { PORTCULLIS_ADMIN_PASSWORD: 'long enough', ...env }
    })
    t.match(stderr.trimEnd(), says)
    t.notMatch(stderr, /^ +at /m, 'no stack trace')
    t.equal(status, 1)
    t.equal(stdout, '')
    t.notOk(existsSync(inData(place, 'portcullis.sock')))
    if (leavesNothing) t.strictSame(readdirSync(place.folder), ['gateway.yaml'])
  })
}

t.test('another gateway is at work on the same data folder: one clear line and exit 1', async (t) => {
  const place = await makePlace(t, policy)
  const first = await startProcess(t, place)
  const other = await makePlace(t, `${policy}store: "sqlite:${inData(place, 'portcullis.db')}"\n`)
  const { status, stderr } = await runCommand(t, ['start'], { cwd: other.folder })
  t.match(stderr, /^portcullis: another gateway is at work on \/.+\/data\n$/)
  t.equal(status, 1)
  t.equal((await fetch(`${place.adminUrl}/readyz`)).status, 200, 'which goes on')
  t.equal((await first.stop()).status, 0)
})

t.test('after a start that failed the next one succeeds', async (t) => {
  const place = await makePlace(t, policy)
  const failed = await runCommand(t, ['start'], { cwd: place.folder, env: { PORTCULLIS_ADMIN_PASSWORD: 'short' } })
  t.equal(failed.status, 1)
  t.equal((await (await startProcess(t, place)).stop()).status, 0)
})
