import { PASSWORD } from '../helpers/gateway.js'
import { form, json, jsonText, multipart, part } from './ask.js'
import { ADA, BLACKLIST, type Case, fixed, REFRESH, SLIDING, SLIDING_REFRESH, TOKEN, VERIFY } from './asking.js'

/** Signing in, whatever the request looks like. */
export const obtaining: readonly Case[] = [
  fixed('obtain', json(TOKEN, ADA)),
  fixed('obtain: a field more than asked for', json(TOKEN, { ...ADA, remember: true })),
  fixed(
    'obtain: white space around the name and the password',
    json(TOKEN, { username: ' ada\t', password: `\n${PASSWORD} ` })
  ),
  fixed('obtain: a wrong password', json(TOKEN, { ...ADA, password: 'wrong' })),
  fixed('obtain: an unknown user', json(TOKEN, { username: 'nobody', password: PASSWORD })),
  fixed('obtain: a user who is not active', json(TOKEN, { username: 'ivan', password: PASSWORD })),
  fixed('obtain: an empty object', json(TOKEN, {})),
  fixed('obtain: no password', json(TOKEN, { username: 'ada' })),
  fixed('obtain: no name', json(TOKEN, { password: PASSWORD })),
  fixed('obtain: both blank', json(TOKEN, { username: '', password: '' })),
  fixed('obtain: both white space', json(TOKEN, { username: ' \u00a0', password: '\u3000\t' })),
  fixed('obtain: both null', json(TOKEN, { username: null, password: null })),
  fixed('obtain: true and false', json(TOKEN, { username: true, password: false })),
  fixed('obtain: a list and a map', json(TOKEN, { username: ['ada'], password: { a: 1 } })),
  fixed('obtain: numbers', json(TOKEN, { username: 7, password: 12345678 })),
  fixed('obtain: a null character', json(TOKEN, { username: 'a\0da', password: 'x\0y' })),
  fixed('obtain: a lone surrogate', jsonText(TOKEN, '{"username": "a\\ud800", "password": "x"}')),
  fixed('obtain: a name in other scripts', json(TOKEN, { username: 'ада阿达🙂', password: 'пароль' })),
  fixed('obtain: a name of a thousand characters', json(TOKEN, { username: 'a'.repeat(1000), password: 'x' })),
  fixed(
    'obtain: a password of ten thousand characters',
    json(TOKEN, { username: 'ada', password: 'x'.repeat(10_000) })
  ),
  fixed('obtain: a list', json(TOKEN, [ADA])),
  fixed('obtain: an empty list', json(TOKEN, [])),
  fixed('obtain: a text', json(TOKEN, 'ada')),
  fixed('obtain: a whole number', json(TOKEN, 5)),
  fixed('obtain: a fraction', json(TOKEN, 5.5)),
  fixed('obtain: true', json(TOKEN, true)),
  fixed('obtain: null', json(TOKEN, null)),
  fixed('obtain: no body', { path: TOKEN, headers: { 'content-type': 'application/json', 'content-length': 0 } }),
  fixed('obtain: no body and no type', { path: TOKEN, headers: { 'content-length': 0 } }),
  fixed('obtain: no body of a type that is not read', {
    path: TOKEN,
    headers: { 'content-type': 'text/plain', 'content-length': 0 }
  }),
  fixed('obtain: half an object', jsonText(TOKEN, '{"username": "ada"')),
  fixed('obtain: single quotes', jsonText(TOKEN, "{'username': 'ada'}")),
  fixed('obtain: NaN', jsonText(TOKEN, '{"username": NaN, "password": 1}')),
  fixed(
    'obtain: a name twice',
    jsonText(TOKEN, `{"username": "nobody", "username": "ada", "password": "${PASSWORD}"}`)
  ),
  fixed('obtain: octets that are not UTF-8', {
    path: TOKEN,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"username": "\xff", "password": "x"}', 'latin1')
  }),
  fixed('obtain: a charset in the type', {
    path: TOKEN,
    headers: { 'content-type': 'Application/JSON; charset=utf-8' },
    body: JSON.stringify(ADA)
  }),
  fixed('obtain: text', {
    path: TOKEN,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: JSON.stringify(ADA)
  }),
  fixed('obtain: XML', { path: TOKEN, headers: { 'content-type': 'application/xml' }, body: '<a/>' }),
  fixed('obtain: a body without a type', { path: TOKEN, body: JSON.stringify(ADA) }),
  fixed('obtain: a body of three megabytes', json(TOKEN, { username: 'ada', password: 'x'.repeat(3_000_000) })),
  fixed('obtain: an Authorization that means nothing here', {
    ...json(TOKEN, ADA),
    headers: { 'content-type': 'application/json', authorization: 'Bearer nothing' }
  }),
  fixed('obtain: a form', form(TOKEN, new URLSearchParams(ADA).toString())),
  fixed('obtain: a form without a password', form(TOKEN, 'username=ada')),
  fixed('obtain: a form with blanks', form(TOKEN, 'username=&password=+')),
  fixed('obtain: an empty form', {
    path: TOKEN,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 0 }
  }),
  fixed('obtain: a form with a field twice', form(TOKEN, `username=nobody&${new URLSearchParams(ADA)}`)),
  fixed('obtain: a multipart form', multipart(TOKEN, part('username', 'ada'), part('password', PASSWORD))),
  fixed('obtain: a multipart form without a password', multipart(TOKEN, part('username', 'ada'))),
  fixed(
    'obtain: a file for a password',
    multipart(
      TOKEN,
      part('username', 'ada'),
      'Content-Disposition: form-data; name="password"; filename="p"\r\nContent-Type: text/plain\r\n\r\nx'
    )
  ),
  fixed('obtain: a multipart form without its boundary', {
    path: TOKEN,
    headers: { 'content-type': 'multipart/form-data' },
    body: 'x'
  }),
  fixed('obtain: a multipart form that is none', {
    path: TOKEN,
    headers: { 'content-type': 'multipart/form-data; boundary=edge' },
    body: 'x'
  }),
  fixed('obtain: no slash at the end', json('/api/token', ADA))
]

/** Methods and paths. */
export const methods: readonly Case[] = [TOKEN, REFRESH, VERIFY, BLACKLIST, SLIDING, SLIDING_REFRESH].flatMap(
  (path) => [fixed(`GET ${path}`, { path, method: 'GET' }), fixed(`OPTIONS ${path}`, { path, method: 'OPTIONS' })]
)

export const otherMethods: readonly Case[] = [
  ...['PUT', 'PATCH', 'DELETE', 'TRACE'].map((method) => fixed(`${method} ${TOKEN}`, { path: TOKEN, method })),
  fixed('PUT of what would be good', { ...json(TOKEN, ADA), method: 'PUT' }),
  fixed('a path below that is none', json('/api/token/other/', ADA)),
  fixed('a path below an endpoint', json('/api/token/refresh/other/', ADA)),
  fixed('refresh: no slash at the end', json('/api/token/refresh', {}))
]
