import { ask, form, json, jsonText, multipart, part } from './ask.js'
import {
  ADA,
  BLACKLIST,
  type Case,
  change,
  fixed,
  REFRESH,
  SLIDING,
  SLIDING_REFRESH,
  VERIFY,
  withPair,
  withSliding
} from './asking.js'

export const refreshing: readonly Case[] = [
  withPair('refresh', ({ refresh }) => json(REFRESH, { refresh })),
  withPair('refresh: a form', ({ refresh }) => form(REFRESH, `refresh=${refresh}`)),
  withPair('refresh: a multipart form', ({ refresh }) => multipart(REFRESH, part('refresh', refresh))),
  withPair('refresh: white space around the token', ({ refresh }) => json(REFRESH, { refresh: ` ${refresh}\n` })),
  withPair('refresh: a field more than asked for', ({ refresh }) => json(REFRESH, { refresh, access: 'x' })),
  fixed('refresh: an empty object', json(REFRESH, {})),
  fixed('refresh: blank', json(REFRESH, { refresh: '' })),
  fixed('refresh: null', json(REFRESH, { refresh: null })),
  fixed('refresh: a number', json(REFRESH, { refresh: 5 })),
  fixed('refresh: a list', json(REFRESH, { refresh: [] })),
  fixed('refresh: no token at all', json(REFRESH, { refresh: 'not a token' })),
  fixed('refresh: three parts of nothing', json(REFRESH, { refresh: 'a.b.c' })),
  withPair('refresh: an access token', ({ access }) => json(REFRESH, { refresh: access })),
  withPair('refresh: another signature', ({ refresh }) => json(REFRESH, { refresh: `${refresh.slice(0, -6)}AAAAAA` })),
  withPair('refresh: another key', ({ refresh }, side) =>
    json(REFRESH, { refresh: change({ ...side, secret: 'x'.repeat(40) }, refresh, {}) })
  ),
  withPair('refresh: alg none', ({ refresh }) =>
    json(REFRESH, {
      refresh: `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${refresh.split('.')[1]}.`
    })
  ),
  withPair('refresh: another alg', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, {}, { alg: 'HS384', typ: 'JWT' }) })
  ),
  withPair('refresh: expired', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { exp: 1_600_000_000 }) })
  ),
  withPair('refresh: an end that is no time', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { exp: 'soon' }) })
  ),
  withPair('refresh: an end that is null', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { exp: null }) })
  ),
  withPair('refresh: an end beyond all calendars', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { exp: 1e18 }) })
  ),
  withPair('refresh: no end', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { exp: undefined }) })
  ),
  withPair('refresh: issued in the future', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { iat: Math.floor(Date.now() / 1000) + 3600 }) })
  ),
  withPair('refresh: not good yet', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { nbf: Math.floor(Date.now() / 1000) + 3600 }) })
  ),
  withPair('refresh: no id', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { jti: undefined }) })
  ),
  withPair('refresh: no type', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { token_type: undefined }) })
  ),
  withPair('refresh: an unknown type', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { token_type: 'other' }) })
  ),
  withPair('refresh: a type that is a list', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { token_type: ['refresh'] }) })
  ),
  withPair('refresh: an audience that nobody asked for', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { aud: 'other' }) })
  ),
  withPair('refresh: an id that was never given out', ({ refresh }, side) =>
    json(REFRESH, { refresh: change(side, refresh, { jti: 'f'.repeat(64) }) })
  ),
  withSliding('refresh: a sliding token', (token) => json(REFRESH, { refresh: token })),
  withPair('refresh: twice', async ({ refresh }, { url }) => {
    await ask(url, json(REFRESH, { refresh }))
    return json(REFRESH, { refresh })
  }),
  withPair('refresh: after the blacklist', async ({ refresh }, { url }) => {
    await ask(url, json(BLACKLIST, { refresh }))
    return json(REFRESH, { refresh })
  })
]

export const verifying: readonly Case[] = [
  withPair('verify: an access token', ({ access }) => json(VERIFY, { token: access })),
  withPair('verify: a refresh token', ({ refresh }) => json(VERIFY, { token: refresh })),
  withSliding('verify: a sliding token', (token) => json(VERIFY, { token })),
  withPair('verify: a form', ({ access }) => form(VERIFY, `token=${access}`)),
  fixed('verify: an empty object', json(VERIFY, {})),
  fixed('verify: blank', json(VERIFY, { token: '' })),
  fixed('verify: no token at all', json(VERIFY, { token: 'nonsense' })),
  fixed('verify: half an object', jsonText(VERIFY, '{')),
  withPair('verify: expired', ({ access }, side) =>
    json(VERIFY, { token: change(side, access, { exp: 1_600_000_000 }) })
  ),
  withPair('verify: no end', ({ access }, side) => json(VERIFY, { token: change(side, access, { exp: undefined }) })),
  withPair('verify: no id', ({ access }, side) => json(VERIFY, { token: change(side, access, { jti: undefined }) })),
  withPair('verify: no type', ({ access }, side) =>
    json(VERIFY, { token: change(side, access, { token_type: undefined }) })
  ),
  withPair('verify: another signature', ({ access }) => json(VERIFY, { token: `${access.slice(0, -6)}AAAAAA` })),
  withPair('verify: a refresh token after the blacklist', async ({ refresh }, { url }) => {
    await ask(url, json(BLACKLIST, { refresh }))
    return json(VERIFY, { token: refresh })
  }),
  withPair('verify: an access token after the blacklist', async ({ access, refresh }, { url }) => {
    await ask(url, json(BLACKLIST, { refresh }))
    return json(VERIFY, { token: access })
  })
]

export const blacklisting: readonly Case[] = [
  withPair('blacklist', ({ refresh }) => json(BLACKLIST, { refresh })),
  withPair('blacklist: a form', ({ refresh }) => form(BLACKLIST, `refresh=${refresh}`)),
  withPair('blacklist: an access token', ({ access }) => json(BLACKLIST, { refresh: access })),
  fixed('blacklist: an empty object', json(BLACKLIST, {})),
  fixed('blacklist: no token at all', json(BLACKLIST, { refresh: 'nonsense' })),
  withPair('blacklist: twice', async ({ refresh }, { url }) => {
    await ask(url, json(BLACKLIST, { refresh }))
    return json(BLACKLIST, { refresh })
  }),
  withPair('blacklist: expired', ({ refresh }, side) =>
    json(BLACKLIST, { refresh: change(side, refresh, { exp: 1_600_000_000 }) })
  ),
  withPair('blacklist: a token that has been rotated', async ({ refresh }, { url }) => {
    await ask(url, json(REFRESH, { refresh }))
    return json(BLACKLIST, { refresh })
  })
]

export const sliding: readonly Case[] = [
  fixed('sliding', json(SLIDING, ADA)),
  fixed('sliding: a wrong password', json(SLIDING, { ...ADA, password: 'wrong' })),
  fixed('sliding: an empty object', json(SLIDING, {})),
  withSliding('sliding refresh', (token) => json(SLIDING_REFRESH, { token })),
  withSliding('sliding refresh: twice', async (token, { url }) => {
    await ask(url, json(SLIDING_REFRESH, { token }))
    return json(SLIDING_REFRESH, { token })
  }),
  fixed('sliding refresh: an empty object', json(SLIDING_REFRESH, {})),
  fixed('sliding refresh: no token at all', json(SLIDING_REFRESH, { token: 'nonsense' })),
  withPair('sliding refresh: a refresh token', ({ refresh }) => json(SLIDING_REFRESH, { token: refresh })),
  withPair('sliding refresh: a refresh token after the blacklist', async ({ refresh }, { url }) => {
    await ask(url, json(BLACKLIST, { refresh }))
    return json(SLIDING_REFRESH, { token: refresh })
  }),
  withSliding('sliding refresh: past its time', (token, side) =>
    json(SLIDING_REFRESH, { token: change(side, token, { refresh_exp: 1_600_000_000 }) })
  ),
  withSliding('sliding refresh: no time', (token, side) =>
    json(SLIDING_REFRESH, { token: change(side, token, { refresh_exp: undefined }) })
  ),
  withSliding('sliding refresh: expired', (token, side) =>
    json(SLIDING_REFRESH, { token: change(side, token, { exp: 1_600_000_000 }) })
  )
]
