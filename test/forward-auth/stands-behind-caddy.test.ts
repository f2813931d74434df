import { fragmentOf } from '../helpers/documentation.js'
import { startCaddy } from '../helpers/proxies.js'
import { testBehind } from './real-proxy.js'

testBehind({
  mode: 'caddy',
  start: (t, ports) => startCaddy(t, fragmentOf('forward-auth.md', 'Caddy', 'caddyfile'), ports)
})
