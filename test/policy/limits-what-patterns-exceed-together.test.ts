import t from 'tap'
import { findExcess } from '../../gateway/policy/index.js'

const many = (count: number, pathOf: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => pathOf(index))

t.test('the 65th different glob at one place is one too many, and is told once', (t) => {
  const [excess, ...others] = findExcess(many(70, (index) => `/files/*.kind${index}`))
  t.strictSame([excess?.index, others], [64, []])
  t.match(excess?.fault, /At most 64 different segments with `\*` .* after the same beginning/)
  t.end()
})

t.test('a beginning that differs by names of segments only is the same', (t) => {
  t.equal(findExcess(many(65, (index) => `/{name${index}}/*.kind${index}`))[0]?.index, 64)
  t.end()
})

t.test('the same glob again, other beginnings, and patterns that cannot be read do not count', (t) => {
  t.strictSame(findExcess(many(1000, (index) => `/files/*.kind${index % 64}/${index}`)), [])
  t.strictSame(findExcess(many(1000, (index) => `/${index}/*.kind${index}`)), [])
  t.strictSame(findExcess([...many(64, (index) => `/a/*.kind${index}`), null, '/a/***']), [])
  t.end()
})

t.test('between two `**` it is one place whatever stands before', (t) => {
  const [excess] = findExcess(many(65, (index) => `/a${index}/**/b/*.kind${index}/**`))
  t.equal(excess?.index, 64)
  t.match(excess?.fault, /between two `\*\*`/)
  t.strictSame(findExcess(many(65, (index) => `/a${index}/**/b/*.kind${index}`)), [])
  t.end()
})

t.test('between two `**` only so many segments may stand in all', (t) => {
  const [excess, ...others] = findExcess(many(2001, (index) => `/**${`/a${index}`.repeat(10)}/**`))
  t.strictSame([excess?.index, others], [2000, []])
  t.match(excess?.fault, /20000 segments may stand between two `\*\*`/)
  t.strictSame(findExcess(many(10_000, (index) => `/**/a/**/b${index}`)), [])
  t.end()
})

t.test('only so many patterns may be such as can be read in hundreds of ways', (t) => {
  const [excess, ...others] = findExcess(many(1000, (index) => `/${index}/%2561%2F%3F%3B;`))
  t.ok(excess !== undefined && excess.index > 500, `${excess?.index}`)
  t.match(excess?.fault, /upstreams read such a path in several ways/)
  t.strictSame(others, [])
  t.strictSame(findExcess(many(10_000, (index) => `/Caf%C3%A9/${index}%2Fx`)), [])
  t.end()
})
