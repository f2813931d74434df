import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Octets of buffers in use; what was read and is not collected yet is nobody's. */
export function buffersInUse(): number {
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}
