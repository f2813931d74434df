import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort, runCommand, startCommand } from './command.js'
import { CLONE, until } from './gateway-process.js'

const SITE = join(CLONE, 'test', 'end-to-end', 'django-site')
const PYTHON = '/usr/bin/python3'

/** Starts the site under gunicorn, as it would be run. Fails, rather than skips, where Django is not installed. */
export async function startDjangoSite(t: Test): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const env = {
    SITE_DATABASE: join(folder, 'site.db'),
    DJANGO_SETTINGS_MODULE: 'site_settings',
    PYTHONDONTWRITEBYTECODE: '1'
  }
  const migrated = await runCommand(t, ['-m', 'django', 'migrate', '--pythonpath', SITE, '-v', '0'], {
    cwd: folder,
    env,
    command: [PYTHON]
  })
  if (migrated.status !== 0) throw new Error(`Django does not run (apt-get install python3-django): ${migrated.stderr}`)
  const options = ['--chdir', SITE, '--bind', `127.0.0.1:${port}`, '--workers', '2', '--worker-tmp-dir', folder]
  const gunicorn = startCommand(t, ['/usr/bin/gunicorn', ...options, 'wsgi:application'], {
    cwd: folder,
    env,
    command: [PYTHON]
  })
  // It takes its workers with it only when it is asked to end.
  t.teardown(() => {
    gunicorn.child.kill('SIGTERM')
    return gunicorn.finished
  })
  await gunicorn.seen('Listening at')
  const url = `http://127.0.0.1:${port}`
  await until('the site answers', () =>
    fetch(`${url}/app/whoami`).then(
      ({ status }) => status === 200,
      () => false
    )
  )
  return url
}
