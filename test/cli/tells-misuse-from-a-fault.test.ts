import t from 'tap'
import { runCommand } from '../helpers/command.js'
import { makePlace } from '../helpers/gateway-process.js'

const cases: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
  [[], 2, /^Usage: portcullis /],
  [['frobnicate'], 2, /^error: unknown command 'frobnicate'\n\(portcullis --help tells more\)$/],
  [['--nope'], 2, /^error: unknown option '--nope'/],
  [['start', '--nope'], 2, /^error: unknown option '--nope'\n\(portcullis start --help tells more\)$/],
  [['start', '-c'], 2, /^error: option '-c, --config <file>' argument missing/],
  [['start', 'surplus'], 2, /^error: too many arguments/],
  [['check', 'a', 'b'], 2, /^error: too many arguments/],
  [['user'], 2, /^Usage: portcullis user /],
  [['user', 'frobnicate'], 2, /^error: unknown command 'frobnicate'/],
  [['user', 'add'], 2, /^error: missing required argument 'username'/],
  // A password as an argument would be in the list of processes and in the shell's history.
  [['user', 'add', 'ada', 'a password'], 2, /^error: too many arguments/],
  [['user', 'password', 'ada', 'a password'], 2, /^error: too many arguments/],
  [['user', 'add', 'ada', '--set', 'novalue'], 2, /^error: option .+ write it as name=value/],
  [['--help'], 0, /^Usage: portcullis /],
  [['user', 'add', '--help'], 0, /^Usage: portcullis user add /],
  [['--version'], 0, /^\d+\.\d+\.\d+$/],
  [['check', 'nowhere.yaml'], 1, /^nowhere\.yaml: there is no such file$/m],
  [['user', 'list', '-c', 'nowhere.yaml'], 1, /^nowhere\.yaml: there is no such file$/m]
]

t.test('exit 0 for good, 1 for a fault, 2 for misuse, each with words and without a stack', async (t) => {
  const { folder } = await makePlace(t, '')
  await Promise.all(
    cases.map(async ([args, status, says]) => {
      const finished = await runCommand(t, args, { cwd: folder })
      const name = `portcullis ${args.join(' ')}`
      const [spoken, silent] = status === 0 ? [finished.stdout, finished.stderr] : [finished.stderr, finished.stdout]
      t.equal(finished.status, status, name)
      t.match(spoken.trimEnd(), says, name)
      t.equal(silent, '', name)
      t.notMatch(spoken, /^ +at .+:\d+/m, name)
    })
  )
})
