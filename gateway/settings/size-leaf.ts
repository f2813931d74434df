import { type Leaf, leaf, refuse } from './leaves.js'

const units: ReadonlyMap<string, number> = new Map([
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3]
])

const pattern = /^(\d{1,9})(kb|mb|gb)$/

const octets = (size: string) => {
  const [, amount, unit] = pattern.exec(size) ?? []
  return Number(amount) * (units.get(unit ?? '') ?? Number.NaN)
}

/** Octets of `512kb`, `19mb`, `1gb`; units are powers of 1024. The bounds are written the same way. */
export function size({ least, most, example }: Record<'least' | 'most' | 'example', string>): Leaf<number> {
  return leaf(`a size such as ${example}`, { type: 'string', pattern: pattern.source }, (value) => {
    if (/^\d+$/.test(String(value))) return refuse(null, `write ${value}${example.replace(/\d+/, '')}`)
    if (!pattern.test(String(value))) return refuse()
    const read = octets(String(value))
    if (read < octets(least)) return refuse(`must be at least ${least}`)
    return read > octets(most) ? refuse(`must be at most ${most}`) : read
  })
}
