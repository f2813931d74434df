import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort, runCommand, startCommand } from '../helpers/command.js'
import { PASSWORD } from '../helpers/gateway.js'
import { CLONE, until } from '../helpers/gateway-process.js'

const SITE = join(CLONE, 'test', 'compat', 'django-site')
const PYTHON = '/usr/bin/python3'
const PACKAGES = 'gunicorn python3-djangorestframework-simplejwt'

export interface Original {
  readonly url: string
  /** Users by name: their primary keys. All have PASSWORD; `ivan` is not active. */
  readonly keys: Readonly<Record<string, number>>
}

/** Django with simplejwt under gunicorn, by these settings of SIMPLE_JWT (times in seconds). It goes with the test. */
export async function startOriginal(
  t: Test,
  simpleJwt: Readonly<Record<string, unknown>>,
  users: readonly string[],
  givenPort?: number
): Promise<Original> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const port = givenPort ?? (await freePort())
  const env = {
    SITE_DATABASE: join(folder, 'site.db'),
    SITE_SIMPLE_JWT: JSON.stringify(simpleJwt),
    DJANGO_SETTINGS_MODULE: 'site_settings',
    PYTHONPATH: SITE,
    PYTHONDONTWRITEBYTECODE: '1'
  }
  const prepared = await runCommand(t, [join(SITE, 'prepare.py'), PASSWORD, ...users], {
    cwd: folder,
    env,
    command: [PYTHON]
  })
  if (prepared.status !== 0) throw new Error(`Django does not run (apt-get install ${PACKAGES}): ${prepared.stderr}`)
  const options = ['--chdir', SITE, '--bind', `127.0.0.1:${port}`, '--workers', '1', '--worker-tmp-dir', folder]
  const gunicorn = startCommand(t, ['/usr/bin/gunicorn', ...options, 'wsgi:application'], {
    cwd: folder,
    env,
    command: [PYTHON]
  })
  t.teardown(() => {
    gunicorn.child.kill('SIGTERM')
    return gunicorn.finished
  })
  const url = `http://127.0.0.1:${port}`
  await until('the original answers', () =>
    fetch(`${url}/api/me`).then(
      ({ status }) => status === 401,
      () => false
    )
  )
  return { url, keys: JSON.parse(prepared.stdout) as Record<string, number> }
}
