/**
 * Browsers: what only they do, and what is done for them: cookies that hold the session, the proof that a request
 * comes from a page of ours, CORS, and the way to the login page.
 * Knows: the Cookie, Origin, Sec-Fetch-* and Access-Control-* fields. Never knows: how a token is verified, rules, upstreams.
 * State: none that outlives a request.
 */
export { type Browsers, createBrowsers } from './browsers.js'
export { withoutOwnCookies } from './cookie-field.js'
export { signInByCookies } from './sign-in-by-cookies.js'
