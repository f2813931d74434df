/** An upstream nobody needs to reach: for what the gateway answers itself. */
export const NOWHERE = 'http://127.0.0.1:9'

/** A policy with one protected area, and more lines of settings before it. */
export const site = (upstream: string, settings = '') => `
${settings}
upstreams: { web: { url: "${upstream}" } }
rules:
  - { path: /open/**, allow: anyone, to: web }
  - { path: /admin/**, allow: { roles: [admin] }, to: web }
  - { path: /**, allow: authenticated, to: web }
`
