import { describeEndpoint } from '../../gateway/tokens/simplejwt/endpoint-words.js'
import { ALLOW, CHALLENGE, type Difference, detail, JSON_TYPE, malformed, signedIn } from './difference.js'

const PARSER = 'what is said of a body that cannot be parsed are the words of the parser, and that is another one'
const TWICE = 'a name that stands twice is one thing to us and may be another to whoever looked before us'
const DEEP = 'the original fails on what is nested deeply'
const ONE_SPELLING =
  'a name has one spelling here, in any letter case or width, so that nobody can be taken for another'
const PASSWORD_SPELLING = 'a password is the same whichever of the spaces a keyboard makes (RFC 8265 §4.2)'
const NUMBERS = 'numbers are read as JavaScript has them: whole ones to 2^53, and 7.0 is 7'
const LENIENT = 'the original passes over what it cannot read of a multipart form, or takes it for an empty one'
const ACCEPT = 'there is one rendering, JSON, and nobody is refused for asking for another'
const PAGE = 'it is a page of Django’s, which an API says as DRF would'
const READINGS = 'a path that somebody else reads as one of ours is answered by nobody'

const sharedReason =
  (because: string, ours: Difference['ours']) =>
  (name: string): Difference => ({ name, ours, because })

const json = (why: string) => malformed(`JSON parse error - ${why}`)
const multipart = (why: string) => malformed(`Multipart form parse error - ${why}`)
const NOT_AS_TYPED = 'the body is not as its type says'
const formal = { type: JSON_TYPE, allow: ALLOW }

const ofJson: readonly Difference[] = [
  ...[
    'type: JSON that is a form',
    'type: JSON with a byte order mark',
    'json: a member more that is NaN',
    'json: a member more that is -Infinity',
    'json: a comma at the end',
    'json: a comment',
    'json: a form feed before',
    'json: two objects',
    'json: white space alone',
    'json: a control character in a text'
  ].map(sharedReason(PARSER, json('the body is not valid JSON'))),
  { name: 'type: utf-16 that is none', ours: json('the body is not UTF-16LE'), because: PARSER },
  ...['type: utf-16 that nobody says', 'encoding: gzip'].map(sharedReason(PARSER, json('the body is not UTF-8'))),
  ...['json: a member more that stands twice', 'json: a name twice, escaped'].map(
    sharedReason(TWICE, json('a name stands twice'))
  ),
  { name: 'json: a member more of 5000 levels', ours: signedIn(), because: DEEP },
  {
    name: 'json: brackets without end',
    ours: { ...json('the body is not valid JSON'), ...formal },
    because: DEEP
  },
  {
    name: 'json: lists of 20,000 levels',
    ours: {
      ...formal,
      status: 400,
      body: { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }
    },
    because: DEEP
  },
  {
    name: 'json: a number of twenty digits for a name',
    ours: { status: 401, body: detail('No active account found with the given credentials'), challenge: CHALLENGE },
    because: NUMBERS
  },
  ...['json: a whole number written as a fraction', 'json: a number with an exponent'].map(
    sharedReason(NUMBERS, signedIn(3))
  ),
  {
    name: 'encoding: chunks',
    ours: signedIn(),
    because: 'the original takes a body in chunks for none'
  },
  ...['name: in capitals', 'name: with one capital', 'name: in full width'].map(sharedReason(ONE_SPELLING, signedIn())),
  { name: 'password: with spaces of another kind', ours: signedIn(), because: PASSWORD_SPELLING }
]

const ofForms: readonly Difference[] = [
  {
    name: 'form: a field more that stands twice',
    ours: malformed('Form parse error - a name stands twice'),
    because: TWICE
  },
  {
    name: 'form: a thousand and one fields',
    ours: { ...malformed('Form parse error - a name stands twice'), ...formal },
    because: 'the original has a bound for fields, and says so by a page of Django’s'
  },
  ...[
    'multipart: a field twice',
    'multipart: a field more that stands twice',
    'multipart: a file and a field of one name'
  ].map(sharedReason(TWICE, multipart('a name stands twice'))),
  {
    name: 'multipart: a file without a name',
    ours: { status: 400, body: { password: ['Not a valid string.'] } },
    because: 'a file is one, also when nobody chose any'
  },
  ...[
    'multipart: a part without a name',
    'multipart: a part without a header',
    'multipart: a boundary of another name',
    'multipart: a boundary of spaces',
    'multipart: without its last line',
    'multipart: lines that end with LF alone'
  ].map(sharedReason(LENIENT, multipart(NOT_AS_TYPED))),
  { name: 'multipart: a blank boundary', ours: multipart(NOT_AS_TYPED), because: PARSER },
  {
    name: 'multipart: another charset than UTF-8',
    ours: signedIn(6),
    because: 'the type of a multipart form has no charset (RFC 7578 §4.6 says it by a field): it is UTF-8'
  },
  {
    name: 'multipart: a type in capitals',
    ours: signedIn(),
    because: 'a media type is the same in any letter case (RFC 9110 §8.3.1)'
  }
]

const ofManners: readonly Difference[] = [
  ...[
    'accept: text/html',
    'accept: application/xml',
    'accept: text/html, application/xhtml+xml',
    'accept: nonsense',
    'accept: ',
    '?format=api',
    '?format=xml'
  ].map(sharedReason(ACCEPT, signedIn())),
  {
    name: 'accept: text/html, a refusal',
    ours: { status: 400, body: { username: ['This field is required.'], password: ['This field is required.'] } },
    because: ACCEPT
  },
  {
    name: 'accept: text/html, OPTIONS',
    ours: { status: 200, body: describeEndpoint('') },
    because: ACCEPT
  },
  {
    name: 'accept: text/html, GET',
    ours: { status: 405, body: detail('Method "GET" not allowed.') },
    because: ACCEPT
  },
  ...[
    '/api/token/REFRESH/',
    '/api/token//',
    '/api/token//refresh/',
    '/api/token/refresh//',
    '/api/token/;x',
    '/api/token/.json',
    '/api/token/refresh.json',
    '/api/token/ключ/'
  ].map((path) => ({ name: `path: ${path}`, ours: { body: detail('Not found.'), type: JSON_TYPE }, because: PAGE })),
  ...['/API/token/', '/api/Token/', '/api//token/', '//api/token/', '/api/token%2F', '/api/token/%00'].map((path) => ({
    name: `path: ${path}`,
    ours: { status: 400, body: '(not JSON)', type: 'application/problem+json; charset=utf-8', allow: null },
    because: READINGS
  })),
  {
    name: 'path: /api/token.json',
    ours: {
      status: 401,
      type: 'application/problem+json; charset=utf-8',
      challenge: 'Bearer realm="portcullis"'
    },
    because: 'what is no endpoint is for the rules to judge'
  }
]

export const differencesOfOddRequests: readonly Difference[] = [...ofJson, ...ofForms, ...ofManners]
