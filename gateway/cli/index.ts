/**
 * CLI: argv, signals, exit codes; makes the resources a gateway lives on and takes them down again.
 * Knows: terminals, files, processes. Never knows: a request.
 * State: what one run of the command has opened.
 */
export { main } from './main.js'
