import { COMMAND } from './command.js'

/** The command, as `bash -c` starts it in a process that may have so many descriptors. */
export const withDescriptors = (descriptors: number): readonly string[] => [
  'bash',
  '-c',
  `ulimit -n ${descriptors} && exec "$0" "$@"`,
  process.execPath,
  COMMAND
]
