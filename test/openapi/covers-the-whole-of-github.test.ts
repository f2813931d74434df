import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { compilePolicy } from '../../gateway/policy/index.js'
import { makeFolder, runCommand } from '../helpers/command.js'
import { settingsOf } from '../helpers/gateway.js'
import { GITHUB_DOCUMENT, githubApi, githubPolicy } from '../helpers/github-policy.js'
import { canonical } from '../policy/make-rules.js'

const api = githubApi()
const policyText = githubPolicy()

t.test("every operation of GitHub's finds a rule of its own", async (t) => {
  t.ok(api.operations.length > 500, `${api.operations.length} operations`)
  t.strictSame([api.unwritten, api.overlaps], [[], []])
  const { rules, revision } = settingsOf(policyText, '/nowhere')
  t.equal(rules.length, api.operations.length)
  const { find } = compilePolicy({ revision, rules })
  const strays = api.operations.filter(({ method, pattern }, index) => {
    let count = 0
    const path = canonical(pattern.replace(/\{[^}]*\}|\*+/g, () => `w${++count}`))
    const found = find({ method, host: 'api.github.com', path, oddities: 0 })
    return (
      !('rule' in found) ||
      found.rule !== rules[index] ||
      found.rule.path !== pattern ||
      !found.rule.methods?.includes(method)
    )
  })
  t.strictSame(
    strays.map(({ method, template }) => `${method} ${template}`),
    []
  )
})

t.test('uploads go to the server that the operation names', async (t) => {
  const { rules, upstreams } = settingsOf(policyText, '/nowhere')
  const upload = rules.find(
    ({ path, methods }) => /releases\/\{release_id\}\/assets$/.test(path) && methods?.[0] === 'POST'
  )
  t.equal(upstreams[upload?.upstream ?? '']?.origins[0], 'https://uploads.github.com')
})

t.test('the command makes the same file, and check finds it whole; a rule less is told', async (t) => {
  const folder = makeFolder(t, '')
  const init = await runCommand(t, ['init', '--openapi', GITHUB_DOCUMENT, '-o', 'github.yaml'], { cwd: folder })
  t.match(init, { status: 0, stdout: /^github\.yaml written: \d{3} rules, 2 upstreams\.$/m })
  t.equal(init.stderr, 'warning: the document says nothing of security: every rule lets in whoever has signed in\n')
  const check = await runCommand(t, ['check', 'github.yaml', '--openapi', GITHUB_DOCUMENT], { cwd: folder })
  t.match(check, { status: 0, stderr: '', stdout: /ok, \d+ operations, each with a rule and none wider open/ })

  const rule = /\n\n {2}# .*\n {2}- path: \/user\/keys\n {4}methods: \[POST\]\n.*\n.*/
  t.match(policyText, rule)
  writeFileSync(join(folder, 'github.yaml'), policyText.replace(rule, ''))
  const less = await runCommand(t, ['check', 'github.yaml', '--openapi', GITHUB_DOCUMENT], { cwd: folder })
  t.equal(less.status, 1)
  t.match(less.stdout, /^1 operation without a rule:\n {2}POST \/user\/keys {2}no rule fits/m)
})
