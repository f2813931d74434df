import { fragmentOf } from '../helpers/documentation.js'
import { startNginx } from '../helpers/proxies.js'
import { testBehind } from './real-proxy.js'

testBehind({
  mode: 'nginx',
  start: (t, ports) => startNginx(t, fragmentOf('forward-auth.md', 'nginx', 'nginx'), ports)
})
