import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { cheapHasher } from '../helpers/gateway.js'
import { ADMIN_PASSWORD, makePlace, type Place, post, signIn, startProcess } from '../helpers/gateway-process.js'

const PASSWORD = 'correct horse battery staple'
const policy = `
users: { hash: { memory: 8kb, passes: 1, insecure_weak_hash: true } }
tokens: { claims: { full_name: user.full_name, django_id: user.django_id } }
upstreams: { site: { url: "http://127.0.0.1:9" } }
rules: [{ path: /**, allow: authenticated, to: site }]
`

const userImport = (test: Test, place: Place, ...args: string[]) =>
  runCommand(test, ['user', 'import', ...args], { cwd: place.folder })

const hash = `argon2${await cheapHasher().hash(PASSWORD)}`
const group = (pk: number, name: string) => ({ model: 'auth.group', pk, fields: { name, permissions: [] } })
const person = (pk: number, username: string, fields: object = {}) => ({
  model: 'auth.user',
  pk,
  fields: { username, password: hash, first_name: 'Ada', last_name: 'Lovelace', groups: [], ...fields }
})

function writeDump(place: Place, objects: readonly object[], name = 'dump.json'): string {
  writeFileSync(join(place.folder, name), JSON.stringify(objects))
  return name
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

const listOf = async (test: Test, place: Place) => {
  const { stdout } = await runCommand(test, ['user', 'list', '--json'], { cwd: place.folder })
  const { users } = JSON.parse(stdout) as { users: { username: string; roles: string[]; disabled: boolean }[] }
  return users
}

t.test('a dry run shows who would come, and brings nobody', async (test) => {
  const place = await makePlace(test, policy)
  const file = writeDump(place, [
    group(1, 'Editors'),
    person(1, 'Ada', { groups: [1], is_superuser: true }),
    person(2, 'off', { is_active: false, password: '!x' })
  ])
  const args = [file, '--role-map', 'Editors=editor', '--superusers-as', 'root', '--dry-run']
  const { status, stdout } = await userImport(test, place, ...args)
  test.equal(status, 0)
  test.equal(
    stdout,
    `dump.json: 2 users: 2 added, 0 updated
  1 have no password that could be kept: off
dry run, nothing was written; as read:
  Ada  editor,root  argon2
  off  -  none  disabled
`
  )
  test.notOk(existsSync(join(place.folder, 'data')), 'not even a store')
  const json = JSON.parse((await userImport(test, place, ...args, '--json')).stdout) as object
  test.match(json, {
    file,
    dry_run: true,
    imported: [{ username: 'ada', outcome: 'added', passwordless: false }, { username: 'off' }],
    users: [{ username: 'Ada', roles: ['editor', 'root'], password: 'argon2', attributes: { django_id: 1 } }, {}]
  })
  test.notMatch(JSON.stringify(json), hash.slice(-20), 'and no hash')
  test.same(await listOf(test, place), [])

  writeDump(place, [person(1, 'a\u001b[2Jb'), person(2, 'A\u001b[2JB')])
  test.notMatch((await userImport(test, place, file, '--dry-run')).stdout, /\u001b/, 'nothing that a terminal obeys')
  test.notMatch((await userImport(test, place, file)).stdout, /\u001b/)
})

for (const running of [true, false]) {
  t.test(running ? 'users come into a gateway that runs' : 'users come when no gateway runs', async (test) => {
    const place = await makePlace(test, policy)
    const before = running ? await startProcess(test, place) : null
    const file = writeDump(place, [
      group(1, 'Editors'),
      group(2, 'Not a role'),
      person(7, 'Ada', { groups: [['Editors']] }),
      person(8, 'grace', { is_staff: true })
    ])
    const args = [file, '--role-map', 'Editors=editor', '--staff-as', 'staff']
    test.match(await userImport(test, place, ...args), {
      status: 0,
      stdout: 'dump.json: 2 users: 2 added, 0 updated\n'
    })
    const gateway = before ?? (await startProcess(test, place))
    const ada = await signIn(gateway.url, 'ada', PASSWORD)
    test.match(claimsOf(ada.access_token), { roles: ['editor'], full_name: 'Ada Lovelace', django_id: 7 })
    test.same(claimsOf((await signIn(gateway.url, 'grace', PASSWORD)).access_token).roles, ['staff'])
    await signIn(gateway.url, 'ada', PASSWORD)
    test.match(
      gateway.audit().find(({ event }) => event === 'users_imported'),
      { added: 2, updated: 0, exists: 0, refused: 0 }
    )

    const changed = writeDump(place, [person(7, 'ADA'), person(9, 'linus')])
    const left = await userImport(test, place, changed)
    test.equal(
      left.stdout,
      'dump.json: 2 users: 1 added, 0 updated\n  1 are here already and were left alone (--update): ada\n'
    )
    test.equal((await post(`${gateway.url}/auth/refresh`, { refresh_token: ada.refresh_token })).status, 200)

    const again = await signIn(gateway.url, 'ada', PASSWORD)
    test.match(await userImport(test, place, changed, '--update'), {
      status: 0,
      stdout: 'dump.json: 2 users: 0 added, 2 updated\n'
    })
    test.equal(
      (await post(`${gateway.url}/auth/refresh`, { refresh_token: again.refresh_token })).status,
      401,
      'another password ends sessions'
    )
    test.same(claimsOf((await signIn(gateway.url, 'ada', PASSWORD)).access_token).roles, [])
    test.ok(gateway.audit().some(({ event, username }) => event === 'user_imported' && username === 'ada'))
  })
}

for (const running of [true, false]) {
  t.test(
    `a dry run tells what the run then does ${running ? 'in a gateway that runs' : 'where none runs'}`,
    async (test) => {
      const place = await makePlace(test, policy)
      if (running) await startProcess(test, place)
      const many = Array.from({ length: 65 }, (_, index) => group(index + 10, `role-${index}`))
      const first = writeDump(place, [person(1, 'here'), person(2, 'changes')])
      test.equal((await userImport(test, place, first)).status, 0)
      const file = writeDump(place, [
        ...[group(1, 'Not a role'), group(2, 'portcullis:admin'), ...many, person(1, 'a b'), person(2, 'Here')],
        ...[person(3, 'spaced', { groups: [1] }), person(4, 'climber', { groups: [2] }), person(5, 'Twin')],
        ...[person(6, 'twin'), person(7, 'sha', { password: 'sha1$a$b' }), person(8, 'off', { password: '!' })],
        ...[
          person(9, 'everything', { groups: many.map(({ pk }) => pk) }),
          person(10, 'x', { email: 'e'.repeat(5000) })
        ],
        ...[person(11, 'changes', { is_active: false }), person(12, 'fine')]
      ])
      for (const more of [[], ['--update']]) {
        const before = await listOf(test, place)
        const dry = await userImport(test, place, file, '--dry-run', ...more)
        const dryJson = JSON.parse((await userImport(test, place, file, '--dry-run', '--json', ...more)).stdout)
        test.same(await listOf(test, place), before, 'nobody came, and nobody changed')
        const run = await userImport(test, place, file, ...more)
        test.equal(dry.status, 1)
        test.equal(run.status, dry.status)
        test.equal(dry.stdout.split('dry run, nothing was written')[0], run.stdout)
        test.match(run.stdout, /refused: "everything": A user has at most 64 roles/)
        test.match(run.stdout, /refused: "x": The attributes take more than 4096 bytes/)
        test.equal(dryJson.imported.length, 12)
        test.equal(dryJson.imported.filter(({ outcome }: { outcome: string }) => outcome === 'refused').length, 6)
      }
      const args = [first, '--dry-run']
      writeFileSync(place.file, place.yaml(`${policy}store: "memory:"\n`))
      if (!running) test.match(await userImport(test, place, ...args), { status: 1, stderr: /lasts no longer than it/ })
    }
  )
}

t.test('who cannot be taken over is told, and the others come', async (test) => {
  const place = await makePlace(test, policy)
  const gateway = await startProcess(test, place)
  const file = writeDump(place, [
    ...[group(1, 'Not a role'), group(2, 'portcullis:admin'), person(1, 'a b'), person(2, 'spaced', { groups: [1] })],
    ...[
      person(3, 'climber', { groups: [2] }),
      person(4, 'Twin'),
      person(5, 'twin'),
      person(6, 'fine'),
      person(7, 'sha', { password: 'sha1$a$b' })
    ]
  ])
  const { status, stdout } = await userImport(test, place, file)
  test.equal(status, 1)
  test.match(stdout, /^dump.json: 7 users: 3 added, 0 updated\n/)
  test.match(stdout, /1 have no password that could be kept: sha\n/)
  test.match(stdout, /refused: "a b" cannot be a user name/)
  test.match(stdout, /refused: "spaced": "Not a role" cannot be a role/)
  test.match(stdout, /refused: "climber" has the role "portcullis:admin", which only "user roles" gives/)
  test.match(stdout, /refused: "twin" is another's name in another case/)
  test.same((await listOf(test, place)).map(({ username }) => username).sort(), ['admin', 'fine', 'sha', 'twin'])
  await signIn(gateway.url, 'fine', PASSWORD)
  await signIn(gateway.url, 'admin', ADMIN_PASSWORD)
  test.equal((await post(`${gateway.url}/auth/login`, { username: 'sha', password: 'b' })).status, 401)
})

t.test('files of users and of htpasswd are taken over, also those of the settings', async (test) => {
  const place = await makePlace(test, policy)
  writeFileSync(join(place.folder, '.htpasswd'), execFileSync('htpasswd', ['-nbm', 'linus', PASSWORD]))
  writeFileSync(join(place.folder, 'users.yaml'), `users: { Ada: { password_hash: "${hash}", roles: [ops] } }\n`)
  const htpasswd = await userImport(test, place, '.htpasswd', '--roles', 'staff')
  test.match(htpasswd, { status: 0, stdout: '.htpasswd: 1 users: 1 added, 0 updated\n' })
  writeFileSync(place.file, place.yaml(policy.replace('users: {', 'users: { source: { file: users.yaml },')))
  const first = await startProcess(test, place)
  const mirrored = await signIn(first.url, 'ada', PASSWORD)
  test.match(await userImport(test, place, '--from-source'), {
    status: 0,
    stdout: /users.yaml: 1 users: 0 added, 1 updated\n/
  })
  await first.stop()
  writeFileSync(place.file, place.yaml(policy))
  const gateway = await startProcess(test, place)
  test.same(claimsOf((await signIn(gateway.url, 'linus', PASSWORD)).access_token).roles, ['staff'])
  test.equal((await post(`${gateway.url}/auth/refresh`, { refresh_token: mirrored.refresh_token })).status, 200)
})

t.test('what cannot be read brings nobody', async (test) => {
  const place = await makePlace(test, policy)
  const broken = join(place.folder, 'broken.json')
  writeFileSync(broken, '[\n{ ]')
  writeFileSync(join(place.folder, 'wide.json'), Buffer.from('\ufeff[]', 'utf16le'))
  writeFileSync(join(place.folder, 'latin.json'), Buffer.from('["\u00e9"]', 'latin1'))
  writeFileSync(join(place.folder, 'packed.json'), gzipSync('[]'))
  for (const [args, told] of [
    [['absent.json'], /^absent.json: it cannot be read \(ENOENT\)\n$/],
    [['broken.json'], /^broken.json: is not JSON: line 2, column 3\n$/],
    [['wide.json'], /^wide.json: the file is UTF-16: save it as UTF-8\n$/],
    [['latin.json'], /^latin.json: the file is not UTF-8 text\n$/],
    [
      [writeDump(place, [person(1, 'ada', { groups: [5] })], 'a.json')],
      /^a.json: \[0\].fields.groups: the dump has no group 5\n$/
    ],
    [[writeDump(place, [{ model: 'auth.user', pk: 1, fields: {} }], 'b.json')], /^b.json: \[0\].fields.username: /],
    [[writeDump(place, [group(1, 'a')], 'c.json')], /^c.json: there is no object of the model auth.user\n$/],
    [['--from-source'], /users.source is the store itself\n$/],
    [['packed.json'], /^packed.json: the file is compressed: gunzip it\n$/],
    [['a.json', '--roles', 'staff'], /^portcullis: --roles goes with htpasswd alone\n$/],
    [['--from-source', '--roles', 'staff'], /^portcullis: --roles goes with htpasswd alone\n$/],
    [
      ['.htpasswd', '--superusers-as', 'a', '--staff-as', 'b'],
      /^portcullis: --superusers-as goes with dumpdata alone, --staff-as goes with dumpdata alone\n$/
    ],
    [[], /^portcullis: name a file, or say --from-source\n$/],
    [['a.json', '--from-source'], /^portcullis: name a file, or say --from-source\n$/]
  ] as const) {
    const { status, stderr } = await userImport(test, place, ...args)
    test.equal(status, 1, args.join(' '))
    test.match(stderr, told, args.join(' '))
  }
  test.same(await listOf(test, place), [])
})

t.test('a dump by natural keys brings groups by their names, and no key of the site', async (test) => {
  const place = await makePlace(test, policy)
  const { pk: _, ...ada } = person(7, 'ada', { groups: [['Editors']] })
  const file = writeDump(place, [{ model: 'auth.group', fields: { name: 'Editors', permissions: [] } }, ada])
  test.match(await userImport(test, place, file, '--role-map', 'Editors=editor'), { status: 0 })
  const { stdout } = await runCommand(test, ['user', 'show', 'ada', '--json'], { cwd: place.folder })
  const { roles, attributes } = JSON.parse(stdout) as { roles: string[]; attributes: object }
  test.same(roles, ['editor'])
  test.same(Object.keys(attributes), ['django_username', 'first_name', 'last_name', 'full_name'])
})

t.test('a mark of the order of bytes is no part of a file, whatever its form', async (test) => {
  const place = await makePlace(test, policy)
  const marked = (name: string, text: string) => {
    writeFileSync(join(place.folder, name), `\ufeff${text}`)
    return name
  }
  const yaml = `users: { grace: { password_hash: "${hash}" } }\n`
  for (const file of [
    marked('dump.json', JSON.stringify([person(1, 'ada')])),
    marked('users.yaml', yaml),
    marked('.htpasswd', `linus:${hash.replace('argon2$', '$')}\n`)
  ])
    test.match(await userImport(test, place, file), { status: 0, stdout: /: 1 users: 1 added/ }, file)
  test.same((await listOf(test, place)).map(({ username }) => username).sort(), ['ada', 'grace', 'linus'])
  for (const [name, text] of [
    ['wide.yaml', yaml],
    ['wide.htpasswd', 'linus:x\n']
  ] as const) {
    writeFileSync(join(place.folder, name), Buffer.from(`\ufeff${text}`, 'utf16le').swap16())
    const { status, stderr } = await userImport(test, place, name)
    test.equal(status, 1)
    test.match(stderr, /: the file is UTF-16(:|,) save it as UTF-8\n$/)
  }
})
