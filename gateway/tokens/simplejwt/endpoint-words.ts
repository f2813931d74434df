/** What `OPTIONS` tells of an endpoint: the class of its view, the view's description, and its fields. */
interface EndpointWords {
  readonly name: string
  readonly description: string
  readonly fields: Readonly<Record<string, object>>
}

const field = (label: string) => ({ type: 'string', required: true, read_only: false, label })
const readOnly = (label: string) => ({ type: 'string', required: false, read_only: true, label })
const credentials = { username: field('Username'), password: field('Password') }

const table = {
  '': {
    name: 'Token Obtain Pair',
    description:
      'Takes a set of user credentials and returns an access and refresh JSON web\ntoken pair to prove the authentication of those credentials.',
    fields: credentials
  },
  refresh: {
    name: 'Token Refresh',
    description:
      'Takes a refresh type JSON web token and returns an access type JSON web\ntoken if the refresh token is valid.',
    fields: { refresh: field('Refresh'), access: readOnly('Access') }
  },
  verify: {
    name: 'Token Verify',
    description:
      "Takes a token and indicates if it is valid.  This view provides no\ninformation about a token's fitness for a particular use.",
    fields: { token: field('Token') }
  },
  blacklist: {
    name: 'Token Blacklist',
    description:
      'Takes a token and blacklists it. Must be used with the\n`rest_framework_simplejwt.token_blacklist` app installed.',
    fields: { refresh: field('Refresh') }
  },
  sliding: {
    name: 'Token Obtain Sliding',
    description:
      'Takes a set of user credentials and returns a sliding JSON web token to\nprove the authentication of those credentials.',
    fields: credentials
  },
  'sliding/refresh': {
    name: 'Token Refresh Sliding',
    description:
      "Takes a sliding JSON web token and returns a new, refreshed version if the\ntoken's refresh period has not expired.",
    fields: { token: field('Token') }
  }
} as const satisfies Record<string, EndpointWords>

export type EndpointName = keyof typeof table

export const endpointNames = Object.keys(table) as readonly EndpointName[]

/** The answer to OPTIONS (rest_framework/metadata.py); there is one rendering, JSON. */
export function describeEndpoint(name: EndpointName): object {
  const { name: title, description, fields } = table[name]
  return {
    name: title,
    description,
    renders: ['application/json'],
    parses: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'],
    actions: { POST: fields }
  }
}
