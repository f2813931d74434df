import { line, requestFrom } from './attack.js'
import { type Door, fire } from './fire.js'

/** Signs in at `path`; null: it was not answered with tokens. */
export async function signIn(
  door: Door,
  { host, path }: { readonly host: string; readonly path: string },
  credentials: { readonly username: string; readonly password: string }
): Promise<{ readonly access: string; readonly refresh: string | null } | null> {
  const body = Buffer.from(JSON.stringify(credentials), 'utf8').toString('latin1')
  const lines = line('Content-Type', 'application/json') + line('Content-Length', String(body.length))
  const position = { method: 'POST', host, path, token: null, closedToAllMethods: false }
  const { answers } = await fire(door, requestFrom(position, { lines, body }))
  try {
    const { access_token: access, refresh_token: refresh } = JSON.parse(answers[0]?.body ?? '')
    return typeof access === 'string' ? { access, refresh: typeof refresh === 'string' ? refresh : null } : null
  } catch {
    return null
  }
}
