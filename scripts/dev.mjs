// `npm run dev`: compiles as files change and restarts the gateway with what was compiled.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './ready.mjs'

const inherit = { cwd: root, stdio: 'inherit' }
const compiler = spawn(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-w', '--preserveWatchOutput'],
  inherit
)
const gateway = spawn(
  process.execPath,
  ['--watch-path=dist/gateway', '--enable-source-maps', 'dist/gateway/cli/main.js', 'start', '--example-upstream'],
  inherit
)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    compiler.kill()
    gateway.kill(signal)
  })
}
