import fc from 'fast-check'
import t from 'tap'
import { createBudget } from '../../../gateway/policy/analysis/budget.js'
import { type Alternative, chooseFailing } from '../../../gateway/policy/analysis/choose-failing.js'
import { cpuMsOf } from '../../helpers/cpu-time.js'
import { untilSeen } from '../../helpers/until-seen.js'

const fails = (alternative: Alternative, choice: readonly number[]): boolean =>
  alternative.some(({ variable, failing }) => ((failing >> BigInt(choice[variable] ?? 0)) & 1n) === 1n)

const allChoices = (sizes: readonly number[]): number[][] =>
  sizes.reduce<number[][]>(
    (choices, size) => choices.flatMap((choice) => Array.from({ length: size }, (_, index) => [...choice, index])),
    [[]]
  )

const puzzle = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 }).chain((sizes) => {
  const ways = sizes.map((size, variable) =>
    fc.bigInt({ min: 0n, max: (1n << BigInt(size)) - 1n }).map((failing) => ({ variable, failing }))
  )
  const alternative = fc.tuple(
    fc.subarray(
      sizes.map((_, index) => index),
      { minLength: 1, maxLength: Math.min(3, sizes.length) }
    ),
    fc.tuple(...ways)
  )
  return fc.tuple(
    fc.constant(sizes),
    fc.array(
      alternative.map(([chosen, all]) => all.filter(({ variable }) => chosen.includes(variable))),
      { maxLength: 14 }
    )
  )
})

t.test('a choice is found exactly when there is one', (t) => {
  let found = 0
  let none = 0
  untilSeen(
    () => found > 200 && none > 200,
    () =>
      fc.assert(
        fc.property(puzzle, ([sizes, alternatives]) => {
          const choice = chooseFailing(sizes, alternatives, createBudget(1_000_000))
          if (choice === null) none++
          else found++
          return choice === null
            ? !allChoices(sizes).some((other) => alternatives.every((alternative) => fails(alternative, other)))
            : alternatives.every((alternative) => fails(alternative, choice))
        }),
        { numRuns: 20_000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false }
      )
  )
  t.ok(found > 200 && none > 200, `found ${found} times, none ${none} times`)
  t.end()
})

t.test('the preferred candidates stay where nothing speaks against them', (t) => {
  const budget = createBudget(1000)
  t.strictSame(chooseFailing([2, 2], [], budget), [0, 0])
  const either = [
    { variable: 0, failing: 0b10n },
    { variable: 1, failing: 0b01n }
  ]
  t.strictSame(chooseFailing([2, 2], [either], budget), [0, 0], 'the second way asks for no change')
  t.strictSame(chooseFailing([2, 2], [either.slice(0, 1)], budget), [1, 0])
  t.equal(chooseFailing([2, 2], [[]], budget), null)
  t.equal(chooseFailing([2, 0], [], budget), null)
  t.end()
})

/** More pigeons than holes: `n + 1` variables, each another of `n` values, is where no search is clever. */
const pigeons = (holes: number): readonly Alternative[] =>
  Array.from({ length: holes + 1 }, (_, one) => one).flatMap((one) =>
    Array.from({ length: one }, (_, other) => other).flatMap((other) =>
      Array.from({ length: holes }, (_, hole): Alternative => {
        const failing = ((1n << BigInt(holes)) - 1n) ^ (1n << BigInt(hole))
        return [
          { variable: one, failing },
          { variable: other, failing }
        ]
      })
    )
  )

t.test('a search that explodes ends with its budget', (t) => {
  const sizes = (holes: number): number[] => new Array<number>(holes + 1).fill(holes)
  t.equal(chooseFailing(sizes(3), pigeons(3), createBudget(100_000)), null)
  const search = () => chooseFailing(sizes(12), pigeons(12), createBudget(200_000))
  const ms = cpuMsOf(() => t.throws(search, { message: /^200000 steps/ }))
  t.ok(ms < 2000, `${ms} ms`)
  t.end()
})
