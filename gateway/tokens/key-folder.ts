/**
 * The folder of generated keys: one file a key, and an index of what each is for. The index is `keyring-<n>.json`; the
 * greatest n is in force. A new one is written aside, forced to the disk and then given its name by link(2), which
 * fails when the name is taken: whole or not at all, and of two writers that read the same index one succeeds.
 */
import {
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Algorithm, algorithmNames, algorithms } from './algorithms.js'
import { type Key, KeyRefused } from './key.js'
import type { KeyEntry } from './key-schedule.js'
import { readKeyFile } from './read-key.js'

export interface KeyFile {
  readonly file: string
  readonly key: Key
}

export interface FolderContent {
  /** Number of the index in force; 0: there is none yet. */
  readonly number: number
  readonly entries: readonly KeyEntry[] | null
  /** Oldest first. */
  readonly files: readonly KeyFile[]
  /** Why other files that should be keys are none. */
  readonly refused: readonly KeyRefused[]
}

const INDEX = /^keyring-(\d{6,15})\.json$/
const KEY_FILE = /^[^.].*\.(pem|jwk|secret)$/
const TEMPORARY = '.new-'
/** A temporary file this old belongs to a writer that was killed. */
const ABANDONED_MS = 60_000

const time = z.number().int().nonnegative()
const indexSchema = z.strictObject({
  keys: z.array(
    z.strictObject({
      keyId: z.string(),
      algorithm: z.enum(algorithmNames),
      state: z.enum(['next', 'current', 'retiring', 'retired']),
      publishedAt: time,
      promoteAt: time.nullable(),
      activatedAt: time.nullable(),
      until: time.nullable(),
      lifetimeSeconds: time
    })
  )
})

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'

/** Every system error of the folder as one line that names it. */
function inFolder<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new KeyRefused(`the keys in ${path} cannot be used: ${code}`, { cause: error })
  }
}

/** Numbers of the indexes among these names, the greatest last. */
const numbersIn = (names: readonly string[]) =>
  names.flatMap((name) => INDEX.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b)
const indexName = (number: number) => `keyring-${String(number).padStart(6, '0')}.json`

function parseIndex(text: string, file: string): readonly KeyEntry[] {
  try {
    return indexSchema.parse(JSON.parse(text)).keys
  } catch (error) {
    throw new KeyRefused(`${file} is not an index of keys`, { cause: error })
  }
}

/** The index in force. One that is replaced between listing and reading is no error: there is a newer one. */
function readIndex(path: string): Pick<FolderContent, 'number' | 'entries'> {
  for (;;) {
    const number = numbersIn(readdirSync(path)).at(-1)
    if (number === undefined) return { number: 0, entries: null }
    const file = join(path, indexName(number))
    try {
      return { number, entries: parseIndex(readFileSync(file, 'utf8'), file) }
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
}

function readFiles(path: string): Pick<FolderContent, 'files' | 'refused'> {
  const found = readdirSync(path)
    .filter((name) => KEY_FILE.test(name))
    .map((file) => ({ file, mtimeMs: statSync(join(path, file), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => a.mtimeMs - b.mtimeMs || a.file.localeCompare(b.file))
  const files = new Map<string, KeyFile>()
  const refused: KeyRefused[] = []
  for (const { file } of found) {
    try {
      const key = readKeyFile(join(path, file))
      const twin = files.get(key.keyId)
      if (twin !== undefined) throw new KeyRefused(`${join(path, file)} is the same key as ${twin.file}`)
      files.set(key.keyId, { file, key })
    } catch (error) {
      if (!(error instanceof KeyRefused)) throw error
      // Taken away since it was listed.
      if (!isMissing(error.cause)) refused.push(error)
    }
  }
  return { files: [...files.values()], refused }
}

/** All that lies in the folder. Throws KeyRefused when the folder itself or its index cannot be read. */
export function readFolder(path: string): FolderContent {
  return inFolder(path, () => {
    const { mode } = statSync(path)
    if (process.platform !== 'win32' && (mode & 0o022) !== 0)
      throw new KeyRefused(`others can put keys into ${path}: run chmod 700 on it`)
    // First the index, then the files: whoever writes them does it the other way round.
    return { ...readIndex(path), ...readFiles(path) }
  })
}

/** Makes the folder, for its owner alone, when it is missing. */
export function makeFolder(path: string): void {
  inFolder(path, () => mkdirSync(path, { recursive: true, mode: 0o700 }))
}

/** Changes when the folder's content does. Rejects with the system's error. */
export async function fingerprintFolder(path: string): Promise<string> {
  const names = (await readdir(path)).filter((name) => INDEX.test(name) || KEY_FILE.test(name)).sort()
  const parts = names.map(async (name) => {
    const found = await stat(join(path, name)).catch(() => null)
    return found === null ? `${name} gone` : `${name} ${found.ino} ${found.size} ${found.mtimeMs} ${found.mode}`
  })
  return (await Promise.all(parts)).join('\n')
}

function forceDirectory(path: string): void {
  // Windows cannot open a folder; its file systems log such changes themselves.
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Under its name the file is whole and on the disk, and readable by its owner alone; false: the name is taken. */
function writeWhole(path: string, name: string, content: string): boolean {
  const temporary = join(path, `${TEMPORARY}${process.pid}-${name}`)
  try {
    writeFileSync(temporary, content, { mode: 0o600, flush: true })
    // The administrator's command must not leave files that the gateway's own user cannot read.
    const { uid, gid } = statSync(path)
    if (process.geteuid?.() === 0 && uid !== 0) chownSync(temporary, uid, gid)
    linkSync(temporary, join(path, name))
    forceDirectory(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** Puts `entries` in force after index `number`; false: somebody else did meanwhile, so read again. */
export function writeIndex(path: string, number: number, entries: readonly KeyEntry[]): boolean {
  return inFolder(path, () => {
    const name = indexName(number + 1)
    if (!writeWhole(path, name, `${JSON.stringify({ keys: entries }, null, 2)}\n`)) return false
    const newest = numbersIn(readdirSync(path)).at(-1)
    if (newest === number + 1) return true
    // The name was free only because a newer index had made it obsolete: what was written there is void.
    rmSync(join(path, name), { force: true })
    return false
  })
}

/** The file name of a generated key, which states its algorithm. */
export const keyFileName = (keyId: string, algorithm: Algorithm) =>
  `${keyId}.${algorithm}.${algorithms[algorithm].type === 'secret' ? 'secret' : 'pem'}`

export function writeKey(path: string, name: string, text: string): void {
  inFolder(path, () => writeWhole(path, name, text))
}

/** Removes what is not in force any more: files of retired keys, older indexes, what killed writers left. */
export function sweepFolder(path: string, { number, entries, files }: FolderContent): void {
  inFolder(path, () => {
    const gone = new Set(entries?.flatMap(({ state, keyId }) => (state === 'retired' ? keyId : [])))
    const obsolete = files.filter(({ key }) => gone.has(key.keyId)).map(({ file }) => file)
    for (const name of readdirSync(path)) {
      const index = INDEX.exec(name)?.[1]
      if (index !== undefined && Number(index) < number) obsolete.push(name)
      if (name.startsWith(TEMPORARY) && isAbandoned(join(path, name))) obsolete.push(name)
    }
    for (const name of obsolete) rmSync(join(path, name), { force: true })
    if (obsolete.length > 0) forceDirectory(path)
  })
}

function isAbandoned(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_MS
}
