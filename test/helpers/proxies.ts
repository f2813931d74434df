import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort } from './command.js'

/** Ports of the addresses in a documented configuration: its own, the gateway's and the service's. */
export interface ProxyPorts {
  readonly gateway: number
  readonly app: number
}

/** Runs nginx with the `server` of a documentation page; answers its port. */
export async function startNginx(t: Test, server: string, ports: ProxyPorts): Promise<number> {
  const port = await freePort()
  const folder = makeFolder(t)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')};
${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  ${temporary.join(' ')}
  ${withPorts(server.replace('listen 80;', `listen 127.0.0.1:${port};`), ports)}
}`
  )
  await runServer(t, '/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], folder, port)
  return port
}

/** Runs Caddy with the site of a documentation page; answers its port. */
export async function startCaddy(t: Test, site: string, ports: ProxyPorts): Promise<number> {
  const port = await freePort()
  const folder = makeFolder(t)
  const caddyfile = join(folder, 'Caddyfile')
  const global = '{\n\tadmin off\n\tauto_https off\n}\n'
  writeFileSync(caddyfile, global + withPorts(site.replace(':80 {', `:${port} {\n\tbind 127.0.0.1`), ports))
  await runServer(t, '/usr/bin/caddy', ['run', '--config', caddyfile], folder, port)
  return port
}

/** Runs HAProxy with the `frontend` and `backend` of a configuration; answers its port. */
export async function startHaproxy(t: Test, sections: string, ports: ProxyPorts): Promise<number> {
  const port = await freePort()
  const folder = makeFolder(t)
  const file = join(folder, 'haproxy.cfg')
  const defaults = 'defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n'
  writeFileSync(file, `${defaults}${withPorts(sections.replace('bind :80', `bind 127.0.0.1:${port}`), ports)}\n`)
  await runServer(t, '/usr/sbin/haproxy', ['-db', '-f', file], folder, port)
  return port
}

const withPorts = (text: string, { gateway, app }: ProxyPorts) =>
  text.replaceAll('127.0.0.1:8080', `127.0.0.1:${gateway}`).replaceAll('127.0.0.1:9001', `127.0.0.1:${app}`)

export function makeFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts a server and waits until it accepts connections; it ends with the test. */
export async function runServer(
  t: Test,
  command: string,
  args: readonly string[],
  folder: string,
  port: number
): Promise<void> {
  if (!existsSync(command)) throw new Error(`${command} is not installed`)
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const closed = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGTERM')
    await closed
  })
  for (const until = Date.now() + 60_000; !(await accepts(port)); ) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${command} does not listen: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
