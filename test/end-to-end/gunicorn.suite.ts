import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { freePort, startCommand } from '../helpers/command.js'
import { startGateway } from '../helpers/gateway.js'
import { policy, statusesOf } from '../targets/targets.js'

/** Counts what arrives by method, so that what was sent twice is seen. */
const SITE = `
import threading
seen, lock = {}, threading.Lock()

def application(environ, start_response):
    environ["wsgi.input"].read()
    key = environ["REQUEST_METHOD"] + " " + environ["PATH_INFO"]
    with lock:
        seen[key] = seen.get(key, 0) + 1
        times = seen[key]
    body = str(times).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
`

/** Starts the site with threads, which keep connections, and closes idle ones after 2 s: gunicorn's own default. */
async function startSite(t: Test): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'site_of_threads.py'), SITE)
  const port = await freePort()
  const options = ['--chdir', folder, '--bind', `127.0.0.1:${port}`, '--worker-tmp-dir', folder]
  const workers = ['--worker-class', 'gthread', '--workers', '1', '--threads', '20']
  const gunicorn = startCommand(t, ['/usr/bin/gunicorn', ...options, ...workers, 'site_of_threads:application'], {
    cwd: folder,
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    command: ['/usr/bin/python3']
  })
  t.teardown(() => {
    gunicorn.child.kill('SIGTERM')
    return gunicorn.finished
  })
  await gunicorn.seen('Booting worker')
  return `http://127.0.0.1:${port}`
}

t.test('gunicorn closes idle connections after two seconds, and no request is lost to that', async (t) => {
  const site = await startSite(t)
  const gateway = await startGateway(t, policy([site]))
  const statuses: number[] = []
  const times = new Set<string>()
  await Promise.all(
    Array.from({ length: 16 }, async (_, client) => {
      for (let turn = 0; turn < 8; turn += 1) {
        const method = client % 2 === 0 ? 'GET' : 'POST'
        const response = await fetch(`${gateway.url}/${client}/${turn}`, {
          method,
          body: method === 'GET' ? null : 'x'
        })
        statuses.push(response.status)
        times.add(await response.text())
        // Around the moments when one of the two gives a connection up.
        await sleep(turn % 2 === 0 ? 1_400 + Math.random() * 200 : 1_900 + Math.random() * 200)
      }
    })
  )
  t.same(statusesOf(statuses), { 200: 128 })
  t.same([...times], ['1'], 'each arrived once')
})
