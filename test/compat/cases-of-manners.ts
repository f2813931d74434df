import { json, type Question } from './ask.js'
import {
  ADA,
  BLACKLIST,
  type Case,
  change,
  fixed,
  REFRESH,
  SLIDING,
  SLIDING_REFRESH,
  TOKEN,
  VERIFY,
  withPair
} from './asking.js'

const ENDPOINTS = [TOKEN, REFRESH, VERIFY, BLACKLIST, SLIDING, SLIDING_REFRESH]
const signingIn = json(TOKEN, ADA)
const withHeaders = (headers: Record<string, string>, question: Question = signingIn): Question => ({
  ...question,
  headers: { ...question.headers, ...headers }
})

const accepts: readonly Case[] = [
  ...[
    '*/*',
    'application/json',
    'application/*',
    'application/json; indent=4',
    'application/json; q=0.5, text/html',
    'text/html, */*; q=0.1',
    'APPLICATION/JSON',
    'text/html',
    'application/xml',
    'text/html, application/xhtml+xml',
    'application/json; version=2',
    'nonsense',
    ''
  ].map((accept) => fixed(`accept: ${accept}`, withHeaders({ accept }))),
  fixed('accept: text/html, a refusal', withHeaders({ accept: 'text/html' }, json(TOKEN, {}))),
  fixed('accept: text/html, OPTIONS', withHeaders({ accept: 'text/html' }, { path: TOKEN, method: 'OPTIONS' })),
  fixed('accept: text/html, GET', withHeaders({ accept: 'text/html' }, { path: TOKEN, method: 'GET' })),
  ...['json', 'api', 'xml', ''].map((format) =>
    fixed(`?format=${format}`, { ...signingIn, path: `${TOKEN}?format=${format}` })
  )
]

const asked: readonly Case[] = [
  fixed('a query in place of a body', {
    path: `${TOKEN}?${new URLSearchParams(ADA)}`,
    headers: { 'content-length': 0 }
  }),
  fixed('a query beside a body', { ...signingIn, path: `${TOKEN}?username=nobody&password=x` }),
  fixed('refresh: a query in place of a body', { path: `${REFRESH}?refresh=x`, headers: { 'content-length': 0 } }),
  ...Object.entries({
    'x-http-method-override': 'PUT',
    'x-method-override': 'GET',
    origin: 'https://other.example',
    cookie: 'csrftoken=x; sessionid=y',
    'x-csrftoken': 'x',
    'x-requested-with': 'XMLHttpRequest',
    'accept-language': 'de',
    'if-none-match': '*',
    range: 'bytes=0-3',
    authorization: 'Basic YWRhOng='
  }).map(([name, value]) => fixed(`with ${name}: ${value}`, withHeaders({ [name]: value }))),
  ...['Bearer', 'Bearer ', 'Bearer a b', 'JWT x', 'x'].map((authorization) =>
    fixed(`with Authorization: ${authorization}`, withHeaders({ authorization }))
  ),
  withPair('with an access token', ({ access }) => withHeaders({ authorization: `Bearer ${access}` })),
  withPair('with a refresh token', ({ refresh }) => withHeaders({ authorization: `Bearer ${refresh}` })),
  withPair('with an access token that has expired', ({ access }, side) =>
    withHeaders({ authorization: `Bearer ${change(side, access, { exp: 1_600_000_000 })}` })
  ),
  withPair('refresh: with an access token that has expired', ({ access, refresh }, side) =>
    withHeaders({ authorization: `Bearer ${change(side, access, { exp: 1_600_000_000 })}` }, json(REFRESH, { refresh }))
  ),
  withPair('verify: a token in Authorization alone', ({ access }) =>
    withHeaders({ authorization: `Bearer ${access}` }, json(VERIFY, {}))
  )
]

const methods: readonly Case[] = ENDPOINTS.flatMap((path) =>
  ['HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'OPTIONS'].map((method) =>
    fixed(`${method} ${path} with a body`, { ...json(path, ADA), method })
  )
)

const paths: readonly Case[] = [
  '/API/token/',
  '/api/Token/',
  '/api/token/REFRESH/',
  '/api//token/',
  '//api/token/',
  '/api/token//',
  '/api/token//refresh/',
  '/api/token/refresh//',
  '/api/token/./',
  '/api/token/refresh/../',
  '/api/%74oken/',
  '/api/token%2F',
  '/api/token/;x',
  '/api/token/?',
  '/api/token/.json',
  '/api/token.json',
  '/api/token/refresh.json',
  '/api/token/%00',
  '/api/token/ключ/'
].map((path) => fixed(`path: ${path}`, { ...signingIn, path: encodeURI(path).replaceAll('%25', '%') }))

/** Everything about a request but its body. */
export const manners: readonly Case[] = [...accepts, ...asked, ...methods, ...paths]
