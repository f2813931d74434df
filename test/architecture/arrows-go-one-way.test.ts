import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import t from 'tap'

/** The sources: tests run from dist, the arrows are read from what people edit. */
const gateway = join(import.meta.dirname, '..', '..', '..', 'gateway')

/** What rooms share: nouns, refusals, and the one spelling of a path. */
const NOUNS = ['domain.ts', 'problems.ts', 'canonical-path.ts']
/** Where the first of them keeps what it is made of: no room, and nobody else's to open. */
const INSIDE_DOMAIN = 'domain'
/** Folders that tie rooms together, as the files beside `app` do; the others are rooms. */
const WIRING = ['cli', 'on-paper']

const files = readdirSync(gateway, { recursive: true })
  .map((file) => String(file).replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
const rooms = readdirSync(gateway).filter(
  (entry) => entry !== INSIDE_DOMAIN && statSync(join(gateway, entry)).isDirectory()
)
const roomOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : null)

/** Files of the project that a file imports, relative to gateway/. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(gateway, file), 'utf8')
  const found = [...source.matchAll(/(?:from|import\(|new URL\()\s*'(\.[^']+)'/g)]
  return found.map((match) => posix.join(posix.dirname(file), (match[1] ?? '').replace(/\.js$/, '.ts')))
}

t.test('no room imports another room, and nouns import no room', async (t) => {
  for (const file of files) {
    const room = roomOf(file)
    if (WIRING.includes(room ?? '') || (room === null && !NOUNS.includes(file))) continue
    for (const target of importsOf(file)) {
      const inside = (room ?? posix.basename(file, '.ts')) === roomOf(target)
      t.ok(inside || NOUNS.includes(target), `${file} imports ${target}`)
    }
  }
})

t.test('another room is entered by its door', async (t) => {
  for (const file of files) {
    for (const target of importsOf(file)) {
      if (roomOf(target) === null || roomOf(target) === roomOf(file)) continue
      // Its folder has no other door.
      if (file === 'domain.ts') continue
      t.equal(posix.basename(target), 'index.ts', `${file} imports ${target}`)
    }
  }
})

t.test('only the command imports the wiring', async (t) => {
  for (const file of files) {
    if (roomOf(file) === null || roomOf(file) === 'cli') continue
    t.notOk(importsOf(file).includes('app.ts'), `${file} imports app.ts`)
  }
})

t.test('what is judged on paper needs nothing that serves', async (t) => {
  for (const file of files.filter((file) => roomOf(file) === 'on-paper')) {
    for (const target of importsOf(file)) {
      t.notMatch(target, /^(serving|steps|app|operator|own-endpoints|cli\/.*)/, `${file} imports ${target}`)
    }
  }
})

t.test('every room has a door that says what it knows', async (t) => {
  for (const room of rooms) {
    const door = readFileSync(join(gateway, room, 'index.ts'), 'utf8')
    t.match(door, /^\/\*\*[\s\S]{40,900}?\*\//, `${relative('.', room)} has a header`)
    t.match(door, /State: /, `${room} says where its state lives`)
  }
})
