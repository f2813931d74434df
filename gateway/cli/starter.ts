/** The settings file that `init` writes without a document. What stands behind `#` without a space works as it is. */
export const starter = ({ schemaLine }: { readonly schemaLine: string | null }): string =>
  `${schemaLine === null ? '' : `${schemaLine}\n#\n`}${text}`

const text = `# Settings of Portcullis: one file, read from top to bottom. It works as it is.
#
#   portcullis check                     every mistake in this file, with its line
#   portcullis start --example-upstream  try it: an upstream that echoes what it is sent, and a first user
#   portcullis start                     in front of your own service (see upstreams)
#
# Lines that begin with # and no space are settings, switched off: take the # away. A change of this file
# is read while the gateway runs; a broken one changes nothing. \${NAME:-default} is taken from the environment.

# Where clients come in. Beyond this machine it should have TLS in front of it.
listen: \${PORTCULLIS_LISTEN:-127.0.0.1:8080}

# How clients name the gateway, and who may say X-Forwarded-For: the proxy or load balancer in front of it.
#public_url: https://api.example.com
#trusted_proxies: [10.0.0.0/8]

# Users, sessions and signing keys are kept in data/; the first start makes a user \`admin\`.
# Clients sign in at POST /auth/login, and renew their access token at POST /auth/refresh.
#tokens: { access: 15m, refresh: { idle: 7d, absolute: 30d } } # how long they are good; a session lives 30d at most

# Services get tokens for themselves: client_credentials at POST /auth/token.
#clients: { billing: { secret: "\${BILLING_SECRET}", roles: [service] } }

# Tokens of another issuer are good here too.
#issuers: { corp: { issuer: https://idp.example.com/, audience: [api] } }

# How often. A name is one bucket over all the rules that name it.
limits:
  per_user: { by: user, requests: 100, window: 1m } # the 101st is answered 429
  per_address: { by: ip, requests: 600, window: 1m }
default_limits: [per_user] # of every rule that does not say \`limit\`

# The services behind the gateway. They are told who asks: X-User-Id, X-User-Name and X-User-Roles,
# which no client can forge.
upstreams:
  app:
    url: \${PORTCULLIS_EXAMPLE_UPSTREAM:-http://127.0.0.1:9001} # your service: http://127.0.0.1:3000
    #strip_prefix: /api # /api/orders reaches it as /orders

# Host, path and method choose the first rule that fits; its \`allow\` is then the verdict, and no later rule is asked.
# So what is special stands above what is general. What no rule covers is refused.
#
#   path     {name} is one segment, * a run inside a segment, ** any number of segments
#   methods  [GET, POST]; GET covers HEAD; without it every method
#   allow    anyone, authenticated, nobody, a map whose entries must all hold, or a list of maps of which one must:
#            roles (any of these), all_roles, scopes, claims, networks, issuers
#   to       the upstream
#   limit    one of \`limits\`, a list of them, or none
rules:
  # No token needed. \`/public/**\` is /public itself, and all below it.
  - path: /public/**
    methods: [GET]
    allow: anyone
    to: app
    limit: per_address

  # A role: portcullis user roles NAME admin
  - path: /admin/**
    allow: { roles: [admin] }
    to: app

  # An admin, or the very user whom the path names.
  - path: /users/{id}/**
    allow:
      - roles: [admin]
      - claims: { sub: "{id}" }
    to: app

  # Everything else: whoever has signed in.
  - path: /**
    allow: authenticated
    to: app
`
