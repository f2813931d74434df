// The site that benchmarks compare the gateway with.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './ready.mjs'

const SITE = join(root, 'scripts', 'django-site')
const PYTHON = '/usr/bin/python3'
const PACKAGES = 'gunicorn python3-djangorestframework-simplejwt'

const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((part) => part !== '')

/**
 * Starts Django with djangorestframework-simplejwt under gunicorn with one worker and SQLite, and so many refresh tokens
 * of its one user, whose password hash it tells. null, and a word about it: Django is not here.
 */
export async function startDjango({ start, freePort, answers }, sessions) {
  const imports = 'import django, rest_framework_simplejwt'
  const isThere = spawnSync(PYTHON, ['-c', imports]).status === 0 && existsSync('/usr/bin/gunicorn')
  if (!isThere) {
    process.stderr.write(`compared with nothing, because Django is missing: apt-get install ${PACKAGES}\n`)
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  const env = {
    ...process.env,
    DJANGO_SETTINGS_MODULE: 'site_settings',
    SITE_DATABASE: join(folder, 'site.db'),
    PYTHONPATH: SITE,
    PYTHONDONTWRITEBYTECODE: '1'
  }
  const signIn = [join(SITE, 'sign_in.py'), String(sessions)]
  const [passwordHash, ...tokens] = execFileSync(PYTHON, signIn, { env, encoding: 'utf8' }).trim().split('\n')
  const port = await freePort()
  // Threads, because without them gunicorn keeps no connection open; kept while others have their turn.
  const serve = [
    '--chdir',
    SITE,
    '-w',
    '1',
    '--threads',
    '8',
    '--keep-alive',
    '75',
    '-b',
    `127.0.0.1:${port}`,
    '--log-level',
    'error'
  ]
  const child = start(0, ['/usr/bin/gunicorn', ...serve, 'site_wsgi'], { env }, PYTHON)
  const url = `http://127.0.0.1:${port}`
  await answers(url)
  return {
    url,
    passwordHash,
    tokens,
    pids: () => [child.pid, ...childrenOf(child.pid)],
    stop() {
      child.kill('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
