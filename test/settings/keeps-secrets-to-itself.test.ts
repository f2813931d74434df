import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { formatMistake, showMistake } from '../../gateway/settings/index.js'
import { mistakesOf, parse, rest, settingsOf } from './reading.js'

const hidden = 'correct-horse-battery-staple-0123456789'
const hs256 = (keys: string) => `tokens: { algorithm: HS256, keys: ${keys} }\n${rest}`

const directory = mkdtempSync(join(tmpdir(), 'settings-secret-'))
t.teardown(() => rmSync(directory, { recursive: true }))
const fileOf = (name: string, text: string) => {
  writeFileSync(join(directory, name), text)
  return `{ secret: { file: ${join(directory, name)} } }`
}

function revealed(source: string, environment = {}): string | null {
  const { keys } = settingsOf(source, environment).tokens
  return keys.kind === 'secret' ? keys.secret.reveal() : null
}

t.test('a secret comes from the environment or from a file', (t) => {
  t.equal(revealed(hs256(`{ secret: "\${SIGNING}" }`), { SIGNING: hidden }), hidden)
  t.equal(revealed(hs256(fileOf('plain', hidden))), hidden)
  t.equal(revealed(hs256(fileOf('newline', `${hidden}\n`))), hidden)
  t.equal(revealed(hs256(fileOf('crlf', `${hidden}\r\n`))), hidden)
  t.equal(revealed(hs256(fileOf('blank', `${hidden} \n`))), `${hidden} `, 'only line ends are trimmed')
  t.end()
})

t.test('a secret file is looked for beside the settings file', (t) => {
  fileOf('beside', hidden)
  const result = parse(hs256('{ secret: { file: beside } }'), {}, join(directory, 'gateway.yaml'))
  t.ok('settings' in result)
  t.end()
})

t.test('settings print without their secrets', (t) => {
  const settings = settingsOf(hs256(`{ secret: "\${SIGNING}" }`), { SIGNING: hidden })
  const { keys } = settings.tokens
  for (const printed of [
    JSON.stringify(settings),
    inspect(settings, { depth: 20, showHidden: true }),
    keys.kind === 'secret' ? `${keys.secret}` : ''
  ]) {
    t.notMatch(printed, hidden)
    t.match(printed, '[secret]')
  }
  t.end()
})

t.test('a secret that proves nothing is refused', (t) => {
  const pem = '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n'
  const table: readonly (readonly [name: string, keys: string, mistake: RegExp])[] = [
    ['short', '{ secret: tooshort }', /^1:45 tokens.keys.secret: must have at least 32 bytes, make one with: openssl/],
    ['empty', '{ secret: "" }', /^1:45 tokens.keys.secret: is empty$/],
    ['PEM', fileOf('pem', pem), /secret: is a PEM key where a shared secret is expected$/],
    ['empty file', fileOf('empty', '\n'), /secret: is empty$/],
    ['no file', `{ secret: { file: ${directory}/none } }`, /secret: cannot be read: .*none \(there is no such file\)$/],
    ['directory', `{ secret: { file: ${directory} } }`, /secret: cannot be read: .* is not a regular file$/],
    ['device', '{ secret: { file: /dev/zero } }', /secret: cannot be read: \/dev\/zero is not a regular file$/],
    ['large', fileOf('large', 'x'.repeat(70_000)), /secret: cannot be read: .*large is larger than 64 KiB$/],
    ['null', '{ secret: ~ }', /secret: has no value$/],
    ['list', '{ secret: [a] }', /secret: must be a secret, usually/],
    ['unknown form', '{ secret: { path: a } }', /secret.path: is not a known key/]
  ]
  for (const [name, keys, mistake] of table) t.match(mistakesOf(hs256(keys)).at(-1), mistake, name)
  t.end()
})

t.test('a short secret needs a key that says so', (t) => {
  t.equal(revealed(hs256('{ secret: tooshort, insecure_short_secret: true }')), 'tooshort')
  t.end()
})

t.test('no message and no line that is shown holds a secret, not even one written into the file', (t) => {
  const client = (entries: string) => `clients:\n  billing:\n${entries}${rest}`
  for (const source of [
    hs256('{ secret: hunter2 }'),
    hs256('{ secret: hunter2, insecure_short_secret: maybe }'),
    hs256('{ "secret": "hunter2", x: y }'),
    hs256('{ secret: "x,#} hunter2" }'),
    hs256('{ secert: hunter2 }'),
    hs256('{ secret: { path: hunter2 } }'),
    hs256('{ secret: [[hunter2]] }'),
    hs256('{ secret: &s hunter2, files: [*s] }'),
    `x: &s hunter2\ntokens: { keys: { secret: *s } }\n${rest}`,
    `tokens:\n  algorithm: HS256\n  keys:\n    secret: \${SIGNING:-hunter2}\n${rest}`,
    'tokens:\n  algorithm: HS256\n  keys:\n    secret: hunter2\n',
    'tokens:\n  keys: |\n    -----BEGIN EC PRIVATE KEY-----\n    hunter2\n',
    // A neighbour of the line that is wrong.
    client('    secret: hunter2\n    roels: [service]\n'),
    client('    secret: |\n      hunter2\n    roels: [service]\n'),
    client('    roels: [service]\n    secrets:\n    - hunter2\n    - >-\n      hunter2\n    acess: 5m\n'),
    // No YAML, so that nobody knows what is whose value.
    client('    secret: hunter2\n    roles: [service\n'),
    client('    secrets:\n    - hunter2\n    -\n      hunter2\n    roles: ]\n'),
    client('    secret: |\n\n      hunter2\n    \troles: x\n'),
    client('    { secret: hunter2, roles: ] }\n'),
    `public_url: https://user:hunter2@a.example\n${rest}`,
    `public_url: ] https://user:hunter2@a.example\n${rest}`,
    `store: redis://:hunter2@localhost\n${rest}`
  ]) {
    const result = parse(source)
    t.ok('mistakes' in result && result.mistakes.length > 0, source)
    const found = [...('mistakes' in result ? result.mistakes : []), ...result.warnings]
    for (const mistake of found) {
      t.notMatch(formatMistake(mistake), 'hunter2', source)
      t.notMatch(JSON.stringify(mistake), 'hunter2', source)
      t.notMatch(showMistake(mistake, { color: false }), 'hunter2', source)
    }
  }
  t.end()
})

t.test('what is beside a secret is shown', (t) => {
  const shown = (source: string) => {
    const result = parse(source)
    return 'mistakes' in result
      ? result.mistakes.map((mistake) => showMistake(mistake, { color: false })).join('\n')
      : ''
  }
  t.match(shown(hs256('{ secret: hunter2, insecure_short_secret: maybe }')), ' insecure_short_secret: maybe }')
  t.match(shown(hs256(`{ secret: "\${SIGNING}", x: y }`)), `"\${SIGNING}", x: y`, 'and a reference, which is none')
  t.match(shown(hs256('{ secret: { file: /run/secrets/x }, x: y }')), '/run/secrets/x', 'and the path of its file')
  t.match(shown(`store: redis://:hunter2@localhost\n${rest}`), /redis:\/\/\*+@localhost$/m)
  t.end()
})
