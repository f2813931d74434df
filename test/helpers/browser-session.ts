import { PASSWORD, type TestGateway } from './gateway.js'

export const ACCESS = '__Host-portcullis-access'
export const REFRESH = '__Host-portcullis-refresh'

/** What a browser says of a request that a page of the gateway's own origin sent. */
export const OWN_PAGE = { 'sec-fetch-site': 'same-origin' }

/** Settings that let sessions be kept in cookies. */
export const cookieSettings = (more = '') => `tokens: { cookies: { enabled: true${more} } }`

/** Cookies of a response by name; a cleared one is empty. */
export const cookiesOf = (response: Response): Record<string, string> =>
  Object.fromEntries(
    response.headers.getSetCookie().map((field) => {
      const [pair = ''] = field.split(';')
      const equals = pair.indexOf('=')
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    })
  )

export const cookieField = (cookies: Record<string, string>) =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')

/** Asks for cookies as a page of the gateway's own origin does. */
export const cookieLogin = (
  { url }: Pick<TestGateway, 'url'>,
  username: string,
  headers: Record<string, string> = OWN_PAGE
) =>
  fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ username, password: PASSWORD, cookies: true })
  })
