// Makes a clone runnable: installs when the lock file has changed, compiles when a source has. Both are remembered
// by a fingerprint, so that a start with nothing to do costs milliseconds. Plain JavaScript: it runs before a build.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const installed = join(root, 'node_modules', '.portcullis-installed')
const built = join(root, 'dist', '.portcullis-built')

/** Runs a command of the toolchain; its output is shown only when it fails. */
function run(what, command, args) {
  process.stderr.write(`portcullis: ${what} …\n`)
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`)
  process.stderr.write(`portcullis: ${what} failed${result.error ? `: ${result.error.message}` : ''}\n`)
  process.exit(1)
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')

/** Names, sizes and times of the sources: what `make` would look at. */
function fingerprintSources() {
  const hash = createHash('sha256')
    .update(read(join(root, 'tsconfig.json')))
    .update(read(installed))
  for (const folder of ['gateway', 'test']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (!/\.tsx?$/.test(entry)) continue
      const { size, mtimeMs } = statSync(join(root, folder, entry))
      hash.update(`${folder}/${entry} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}

/** Installs and builds what is lacking; ends the process with status 1 and the tool's words if that fails. */
export function makeReady() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`portcullis: Node 20.19 or later is needed, this is ${process.versions.node}\n`)
    process.exit(1)
  }
  const lock = createHash('sha256')
    .update(read(join(root, 'package-lock.json')))
    .update(process.platform)
    .digest('hex')
  if (read(installed) !== lock) {
    run('installing packages (once)', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    writeFileSync(installed, lock)
  }
  const sources = fingerprintSources()
  if (read(built) !== sources) {
    run('building', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root])
    writeFileSync(built, sources)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) makeReady()
