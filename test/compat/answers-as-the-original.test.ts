import t from 'tap'
import { compareBoth } from './both-sides.js'
import { cases, oddities, timely } from './cases.js'
import { intendedDifferences } from './intended-differences.js'

for (const setting of ['rotating', 'still'] as const)
  t.test(`${setting}: every answer is that of the original, but for the listed ones`, (t) =>
    compareBoth(t, setting, cases)
  )

t.test('the list names cases that there are, once for each setting', async (t) => {
  const all = [...cases, ...oddities, ...timely]
  const names = new Set(all.map(({ name }) => name))
  t.equal(names.size, all.length)
  for (const { name } of intendedDifferences) t.ok(names.has(name), name)
  const listed = intendedDifferences.flatMap(({ name, only }) =>
    (only === undefined ? ['rotating', 'still'] : [only]).map((setting) => `${setting}: ${name}`)
  )
  t.equal(new Set(listed).size, listed.length)
})
