import { ALLOW, type Difference, detail, JSON_TYPE, malformed, notValid, signedIn } from './difference.js'
import { differencesOfOddRequests } from './differences-of-odd-requests.js'
import { differencesOfOddTokens } from './differences-of-odd-tokens.js'

const PARSER = 'what is said of a body that cannot be parsed are the words of the parser, and that is another one'
const TWICE = 'a name that stands twice is one thing to us and may be another to whoever looked before us'
const CRASH = 'the original fails on claims that are odd and validly signed'
const SLASH = 'Django sends the client on, by a redirect after which most of them ask by GET'
const LIVE = 'a token that belongs to no session is nobody’s, whoever signed it'

const unparsed = ['obtain: half an object', 'obtain: single quotes', 'obtain: NaN', 'verify: half an object']
const pages = ['a path below that is none', 'a path below an endpoint']

export const intendedDifferences: readonly Difference[] = [
  ...unparsed.map((name) => ({
    name,
    ours: { body: detail('JSON parse error - the body is not valid JSON') },
    because: PARSER
  })),
  {
    name: 'obtain: octets that are not UTF-8',
    ours: { body: detail('JSON parse error - the body is not UTF-8') },
    because: PARSER
  },
  { name: 'obtain: a name twice', ours: malformed('JSON parse error - a name stands twice'), because: TWICE },
  {
    name: 'obtain: a form with a field twice',
    ours: malformed('Form parse error - a name stands twice'),
    because: TWICE
  },
  {
    name: 'obtain: a multipart form without its boundary',
    ours: { body: detail('Multipart form parse error - the body is not as its type says') },
    because: PARSER
  },
  {
    name: 'obtain: a multipart form that is none',
    ours: { body: detail('Multipart form parse error - the body is not as its type says') },
    because: 'the original takes whatever it cannot read for an empty form'
  },
  {
    name: 'obtain: a body of three megabytes',
    ours: { status: 413, body: detail('Request body is too large.'), challenge: null },
    because: 'no body of these endpoints is longer than 64 KiB'
  },
  {
    name: 'obtain: no slash at the end',
    ours: signedIn(),
    because: SLASH
  },
  {
    name: 'refresh: no slash at the end',
    ours: { status: 400, body: { refresh: ['This field is required.'] }, type: JSON_TYPE, allow: ALLOW },
    because: SLASH
  },
  ...pages.map((name) => ({
    name,
    ours: { body: detail('Not found.'), type: JSON_TYPE },
    because: 'it is a page of Django’s, which an API says as DRF would'
  })),
  { name: 'refresh: an end that is null', ours: notValid('Token is invalid or expired'), because: CRASH },
  { name: 'refresh: no id', ours: notValid('Token has no id'), because: CRASH },
  { name: 'refresh: an end beyond all calendars', ours: notValid('Token is invalid or expired'), because: CRASH },
  {
    name: 'refresh: an audience that nobody asked for',
    ours: notValid('Token is invalid or expired'),
    because: 'what says that it is for somebody else is not for us'
  },
  { name: 'refresh: an id that was never given out', ours: notValid('Token is blacklisted'), because: LIVE },
  {
    name: 'verify: no type',
    ours: notValid('Token has no type'),
    because: 'a token whose kind nobody can tell is good for nothing here'
  },
  {
    name: 'verify: a refresh token after the blacklist',
    only: 'still',
    ours: { status: 400, body: { non_field_errors: ['Token is blacklisted'] } },
    because: 'the original looks at its blacklist only where BLACKLIST_AFTER_ROTATION is set'
  },
  {
    name: 'verify: an access token after the blacklist',
    ours: notValid('Token is invalid or expired'),
    because: 'access tokens end with their session, which the original cannot do'
  },
  {
    name: 'sliding refresh: a refresh token after the blacklist',
    ours: notValid('Token has wrong type'),
    because: 'what a token is for comes before whether it is still good'
  },
  {
    name: 'lenient, refresh: iat within leeway',
    ours: { body: ['access', 'refresh'] },
    because: 'a token that is not the one its session began with is spent by its use'
  },
  ...differencesOfOddRequests,
  ...differencesOfOddTokens
]
