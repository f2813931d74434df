import { join } from 'node:path'
import t from 'tap'
import { CLONE } from '../helpers/gateway-process.js'

interface Rounds {
  tableOf: (table: {
    title: string
    contenders: readonly { readonly name: string }[]
    figures: readonly (readonly number[])[]
    base?: number
    digits?: number
  }) => string
  measureInTurn: (turns: {
    args: readonly string[]
    rounds: string
    contenders: readonly { readonly name: string; readonly stop: () => void }[]
    measure: (contender: { readonly name: string }, seconds: number) => Promise<number>
  }) => Promise<number[][]>
}

const load = async () => (await import(join(CLONE, 'scripts', 'bench-rounds.mjs'))) as Rounds

t.test('rounds are summed up by median, best and worst, and compared by the first two', async (t) => {
  const { tableOf } = await load()
  const contenders = [{ name: 'ours' }, { name: 'theirs' }]
  const figures = [
    [12, 10, 90],
    [150, 100, 700]
  ]
  const lines = (base?: number) =>
    tableOf({ title: 'us', contenders, figures, ...(base === undefined ? {} : { base }) })
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/))
  t.strictSame(lines(), [
    ['us'],
    ['who', 'median', 'best', 'worst ratio by median', 'by best'],
    ['ours', '12.0', '10.0', '90.0', '1/12.5', '1/10.0'],
    ['theirs', '150.0', '100.0', '700.0', '1.00', '1.00']
  ])
  t.strictSame(lines(0).at(-1), ['theirs', '150.0', '100.0', '700.0', '12.50', '10.00'])
})

t.test('contenders have their turns round by round, and are stopped whatever happens', async (t) => {
  const { measureInTurn } = await load()
  const seen: string[] = []
  const contenders = ['a', 'b'].map((name) => ({ name, stop: () => void seen.push(`stop ${name}`) }))
  const measure = async ({ name }: { readonly name: string }, seconds: number) => seen.push(`${name} ${seconds}`)
  const figures = await measureInTurn({ args: ['--rounds', '2', '--seconds', '5'], rounds: '9', contenders, measure })
  t.strictSame(seen, ['a 5', 'b 5', 'a 5', 'b 5', 'stop a', 'stop b'])
  t.strictSame(figures, [
    [1, 3],
    [2, 4]
  ])
  seen.length = 0
  const fail = async () => {
    throw new Error('no figure')
  }
  await t.rejects(measureInTurn({ args: [], rounds: '1', contenders, measure: fail }), { message: 'no figure' })
  t.strictSame(seen, ['stop a', 'stop b'])
})
