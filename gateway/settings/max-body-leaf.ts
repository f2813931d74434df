import { type Leaf, leaf, refuse } from './leaves.js'
import { size } from './size-leaf.js'

const octets = size({ least: '1kb', most: '999999999gb', example: '10mb' })

/** Octets of `10mb`, or `none`: of any size. */
export function maxBody(): Leaf<number | 'none'> {
  const json = { type: 'string', pattern: '^(none|\\d{1,9}(kb|mb|gb))$' }
  return leaf('a size such as 10mb, or none', json, (value) => {
    if (value === 'none') return value
    const read = octets.safeParse(value)
    if (read.success) return read.data
    return refuse(null, /^\d+$/.test(String(value)) ? `write ${value}mb` : null)
  })
}
