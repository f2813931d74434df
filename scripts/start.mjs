// `npm start`: makes the clone runnable, then becomes the command itself, so that signals and exit codes are its own.
import { makeReady } from './ready.mjs'

makeReady()
process.setSourceMapsEnabled(true)
const { main } = await import('../dist/gateway/cli/main.js')
await main(process.argv.slice(2))
