import t from 'tap'
import { encode, openToken, resign, signText } from '../helpers/forge.js'
import { bearer } from '../helpers/gateway.js'
import { claimsOf } from './ask.js'
import { type Pair, SECRET, said, startCompat } from './compat-fixture.js'

/** Signs with the shared secret, as any service that has it could. */
function forge(token: string, claims: Record<string, unknown>, header: object = {}): string {
  const opened = openToken(token)
  return signText(
    JSON.stringify({ ...opened.header, ...header }),
    JSON.stringify({ ...opened.claims, ...claims }),
    SECRET,
    'HS256'
  )
}

t.test('only an access token shows who asks, and no other token is one', async (t) => {
  const { gateway, obtain, refresh, visit, post } = await startCompat(t)
  const pair = await obtain()
  const own = await gateway.login('ada')
  t.equal(await visit(pair.access), 200)
  t.equal(await visit(own.access_token), 200)
  t.equal(await visit(pair.refresh), 401)
  t.equal(await visit(own.refresh_token), 401)
  t.equal(said(await refresh(pair.access)), '401 Token has wrong type')
  t.equal(said(await refresh(own.access_token)), '401 Token is invalid or expired')
  t.equal(said(await refresh(own.refresh_token)), '401 Token is invalid or expired')
  t.equal(said(await post('verify/', { token: own.access_token })), '401 Token is invalid or expired')
  for (const token of [pair.refresh, pair.access]) {
    const shown = await fetch(`${gateway.url}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: token })
    })
    t.equal(shown.status, 401)
  }
})

t.test('a sliding token shows who asks where the settings say so, and nowhere else', async (t) => {
  const off = await startCompat(t)
  t.equal((await off.post('sliding/', {})).status, 404)
  t.equal((await off.post('sliding/refresh/', {})).status, 404)
  const { gateway, obtain, refresh, visit, post, yaml } = await startCompat(
    t,
    'auth_tokens: [sliding], sliding: { lifetime: 1h }'
  )
  const { token } = await obtain('ada', 'sliding/')
  t.equal(await visit(token), 200)
  t.equal(said(await refresh(token)), '401 Token has wrong type')
  t.equal(await visit((await obtain()).access), 401, 'an access token is none of those that the settings name')
  gateway.reload(yaml('auth_tokens: [access]'))
  t.equal(await visit(token), 401)
  gateway.reload(yaml('auth_tokens: [sliding]'))
  await gateway.gateway.operatorUsers.setRoles('ada', [])
  t.equal(await visit(token), 401)
  const fresh = (await post('sliding/refresh/', { token })).body as Pair
  t.equal(await visit(fresh.token), 200)
  t.equal(await visit(fresh.token, '/admin/x'), 403, 'roles of now')
})

t.test('who shares the key gives nobody a role of the operator, nor does a token under it', async (t) => {
  const rules = (yaml: string) =>
    yaml.replace('/admin/**, allow: { roles: [admin] }', '/admin/**, allow: { roles: ["portcullis:admin"] }')
  const { gateway, obtain, visit, yaml, upstream } = await startCompat(t, 'auth_tokens: [access, sliding]')
  gateway.reload(rules(yaml('auth_tokens: [access, sliding]')))
  const operators = ['portcullis:admin', 'admin']
  const { access } = await obtain()
  const forged = forge(access, { roles: operators })
  t.equal(await visit(forged, '/admin/x'), 403)
  t.equal(await visit(forged), 200, 'who has the key can say all else')
  t.equal(upstream.received.at(-1)?.headers['x-user-roles'], 'admin')
  const told = await fetch(`${gateway.url}/auth/userinfo`, { headers: bearer(forged) })
  t.strictSame(((await told.json()) as { roles: unknown }).roles, ['admin'])
  await gateway.gateway.operatorUsers.setRoles('ada', operators)
  for (const token of [(await obtain()).access, (await obtain('ada', 'sliding/')).token]) {
    t.strictSame(claimsOf(token).roles, ['admin'])
    t.equal(await visit(token, '/admin/x'), 403)
  }
  t.equal(await visit((await gateway.login('ada')).access_token, '/admin/x'), 200, 'a token that nobody else can sign')
  gateway.reload(rules(yaml('').replace(/signing_key: \{.*?\},/, '')))
  t.equal(await visit((await obtain()).access, '/admin/x'), 200, 'the same in the manner of simplejwt')
})

t.test('verify says of tokens of every kind whether they hold, not what they are good for', async (t) => {
  for (const kinds of ['access', 'sliding', 'access, sliding']) {
    const { gateway, obtain, refresh, post, yaml } = await startCompat(t, 'auth_tokens: [access, sliding]')
    gateway.reload(yaml(`auth_tokens: [${kinds}]`))
    const verify = async (token: string) => {
      const { status, body } = await post('verify/', { token })
      return status === 400 ? `400 ${JSON.stringify(body)}` : said({ ...(await post('verify/', { token })), status })
    }
    const blacklisted = '400 {"non_field_errors":["Token is blacklisted"]}'
    const pair = await obtain()
    for (const token of [pair.access, pair.refresh]) t.equal(await verify(token), '200', kinds)
    t.equal((await post('blacklist/', { refresh: pair.refresh })).status, 200)
    t.equal(await verify(pair.refresh), blacklisted, kinds)
    t.equal(await verify(pair.access), '401 Token is invalid or expired', kinds)
    if (kinds !== 'access') {
      const { token } = await obtain('ada', 'sliding/')
      t.equal(await verify(token), '200', kinds)
      await gateway.gateway.operatorUsers.setRoles('ada', ['user'])
      t.equal(await verify(token), '401 Token is invalid or expired', 'of other roles')
      const fresh = ((await post('sliding/refresh/', { token })).body as Pair).token
      t.equal(await verify(fresh), '200', kinds)
      await fetch(`${gateway.url}/auth/logout`, { method: 'POST', headers: bearer(fresh) })
      t.equal(await verify(fresh), blacklisted, kinds)
    }
    const other = await obtain('grace')
    await gateway.gateway.operatorUsers.setDisabled('grace', true)
    t.equal(await verify(other.access), '401 Token is invalid or expired', kinds)
    t.equal((await refresh(other.refresh)).status, 401, kinds)
  }
})

t.test('a token that tells Django of another user than it tells us is nobody’s', async (t) => {
  for (const [setting, own] of [
    ['user.id', 'sub'],
    ['user.username', 'username']
  ] as const) {
    const { obtain, visit } = await startCompat(t, `user_id: ${setting}`)
    const [ada, grace] = [(await obtain()).access, (await obtain('grace')).access]
    t.equal(claimsOf(ada).user_id, claimsOf(ada)[own])
    t.equal(await visit(forge(ada, {})), 200)
    for (const name of [claimsOf(grace).user_id, undefined, null, 1, [claimsOf(ada).user_id]])
      t.equal(await visit(forge(ada, { user_id: name })), 401, JSON.stringify(name))
    t.equal(await visit(forge(ada, { user_id: undefined, username: undefined })), 401)
  }
})

t.test('with the keys of the gateway itself the kinds are told apart as well', async (t) => {
  const { gateway, yaml, obtain, visit } = await startCompat(t)
  gateway.reload(yaml('').replace(/signing_key: \{.*?\},/, ''))
  const pair = await obtain()
  const { access_token } = await gateway.login('ada')
  const { keyring } = gateway.resources
  t.equal(await visit(pair.access), 200)
  t.equal(await visit(resign(keyring, pair.access, {})), 200, 'which is how the next ones are made')
  t.equal(await visit(resign(keyring, pair.access, { header: { typ: 'at+jwt' } })), 401)
  t.equal(await visit(resign(keyring, pair.access, { header: { typ: undefined } })), 401)
  t.equal(await visit(resign(keyring, pair.refresh, { header: { typ: 'at+jwt' } })), 401)
  t.equal(await visit(resign(keyring, access_token, { header: { typ: 'JWT' } })), 401)
  t.equal(await visit(resign(keyring, pair.access, { header: { kid: undefined } })), 401)
})

t.test('what the shared key signed is good only if it says all that ours say', async (t) => {
  const { obtain, visit } = await startCompat(t)
  const { access } = await obtain()
  t.equal(await visit(forge(access, {})), 200, 'which is how the next ones are made')
  for (const name of ['iss', 'sub', 'sid', 'gen', 'exp', 'iat', 'jti', 'token_type'])
    for (const value of [undefined, null, '', 0, -1, true, ['x'], { a: 1 }, 'other']) {
      // An earlier generation is one; any text may be somebody's id.
      if ((name === 'sub' || name === 'sid' || name === 'jti') && value === 'other') continue
      if (name === 'iat' && typeof value === 'number' && value <= 0) continue
      if (name === 'gen' && value === 0) continue
      t.equal(await visit(forge(access, { [name]: value })), 401, `${name}: ${JSON.stringify(value)}`)
    }
  for (const name of ['exp', 'iat', 'gen']) {
    const { header, claims } = openToken(access)
    // JSON can spell numbers that are infinite once read.
    const endless = JSON.stringify({ ...claims, [name]: 0 }).replace(`"${name}":0`, `"${name}":1e999`)
    t.equal(await visit(signText(JSON.stringify(header), endless, SECRET, 'HS256')), 401, `${name} without end`)
  }
  for (const aud of ['api', ['api'], null, '']) t.equal(await visit(forge(access, { aud })), 401, `aud: ${aud}`)
  for (const header of [
    { alg: 'none' },
    { alg: 'HS384' },
    { alg: 'RS256' },
    { kid: 'x' },
    { typ: 'at+jwt' },
    { typ: undefined },
    { crit: ['exp'] },
    { b64: false }
  ])
    t.equal(await visit(forge(access, {}, header)), 401, JSON.stringify(header))
})

t.test('odd claims of a valid signature are refused, and never a failure of ours', async (t) => {
  const { gateway, obtain, post } = await startCompat(t, 'auth_tokens: [access, sliding]')
  const [pair, { token }] = [await obtain(), await obtain('ada', 'sliding/')]
  const odd = [null, true, [], {}, '', 'x', -1, 1e308, '\ud800', ['a', ['b']]]
  const paths: [string, string, string][] = [
    ['refresh/', 'refresh', pair.refresh],
    ['verify/', 'token', pair.access],
    ['verify/', 'token', pair.refresh],
    ['blacklist/', 'refresh', (await obtain()).refresh],
    ['sliding/refresh/', 'token', token]
  ]
  for (const [path, field, good] of paths)
    for (const claim of Object.keys(claimsOf(good)))
      for (const value of odd) {
        const { status } = await post(path, { [field]: forge(good, { [claim]: value }) })
        t.ok(status < 500, `${path} ${claim}: ${JSON.stringify(value)} is answered ${status}`)
      }
  t.strictSame(gateway.failures, [])
})

t.test('no octet of a refresh token can be another one', async (t) => {
  const { obtain, refresh } = await startCompat(t)
  const pair = await obtain()
  for (let at = 0; at < pair.refresh.length; at += 7) {
    const changed = `${pair.refresh.slice(0, at)}${pair.refresh[at] === 'A' ? 'B' : 'A'}${pair.refresh.slice(at + 1)}`
    t.equal((await refresh(changed)).status, 401, `at ${at}`)
  }
  const padded = `${pair.refresh}=`
  t.equal((await refresh(padded)).status, 401)
  const [, claims = ''] = pair.refresh.split('.')
  t.equal((await refresh(`${encode('{"alg":"none","typ":"JWT"}')}.${claims}.`)).status, 401)
  t.equal((await refresh(pair.refresh)).status, 200)
})

t.test('the scheme that a client writes is one of those that the settings name', async (t) => {
  const { obtain, visit, post } = await startCompat(t, 'auth_header_types: [JWT, Token]')
  const { access } = await obtain()
  for (const scheme of ['JWT', 'Token', 'Bearer']) t.equal(await visit(access, '/page', scheme), 200, scheme)
  for (const scheme of ['jwt', 'Other', 'JWT,']) t.equal(await visit(access, '/page', scheme), 401, scheme)
  t.equal((await post('refresh/', { refresh: 'x' })).challenge, 'JWT realm="api"')
})

t.test('a token comes in the field that the settings name, and goes where Authorization goes', async (t) => {
  const { gateway, upstream, obtain, visit, yaml } = await startCompat(t, 'auth_header: X-Access-Token')
  const { access } = await obtain()
  const show = async (headers: Record<string, string>) => (await fetch(`${gateway.url}/page`, { headers })).status
  t.equal(await show({ 'x-access-token': `Bearer ${access}` }), 200)
  t.equal(upstream.last().headers['x-access-token'], undefined, 'the token stays at the gateway')
  t.equal(await visit(access), 200, 'Authorization is read too')
  t.equal(await show({ 'x-access-token': 'Bearer x', authorization: `Bearer ${access}` }), 401, 'but not in its place')
  t.equal(await show({ 'x-access-token': access }), 401)
  gateway.reload(yaml('auth_header: X-Access-Token').replace('app: {', 'app: { forward_authorization: true,'))
  t.equal(await show({ 'x-access-token': `Bearer ${access}`, 'X_Access-Token': 'Bearer other' }), 200)
  t.equal(upstream.last().headers['x-access-token'], `Bearer ${access}`)
  t.equal(upstream.last().headers['x_access-token'], undefined, 'no other spelling of it')
})

t.test('the token of one gateway is nothing to a gateway of another name', async (t) => {
  const one = await startCompat(t, 'issuer: https://one.example')
  const other = await startCompat(t, 'issuer: https://other.example')
  const pair = await one.obtain()
  t.equal(await other.visit(pair.access), 401)
  t.equal(said(await other.refresh(pair.refresh)), '401 Token is invalid or expired')
  const { headers } = await fetch(`${one.gateway.url}/page`, { headers: bearer('x') })
  t.match(headers.get('www-authenticate'), /^Bearer /)
})
