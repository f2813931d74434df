import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCommand } from '../helpers/command.js'
import { makePlace } from '../helpers/gateway-process.js'

const upstreams = 'upstreams: { app: { url: "http://127.0.0.1:9" } }\n'
const rule = (path: string, allow: string, more = '') => `  - { path: "${path}", allow: ${allow}, to: app${more} }\n`

/** What `check --json` answers for rules that begin at line 3, or where `head` puts them. */
async function check(t: Test, rules: readonly string[], head = upstreams) {
  const { folder } = await makePlace(t, '')
  writeFileSync(join(folder, 'other.yaml'), `${head}rules:\n${rules.join('')}`)
  const { status, stdout } = await runCommand(t, ['check', 'other.yaml', '--json'], { cwd: folder })
  const { ok, warnings, anyone } = JSON.parse(stdout)
  t.strictSame({ status, ok }, { status: 0, ok: true }, 'a warning is no failure')
  const told = warnings.map(
    (one: { line: number; path: string; message: string; hint: string | null; related: { line: number }[] }) =>
      `${one.line} ${one.path}: ${one.message}${one.hint === null ? '' : `, ${one.hint}`} [${one.related.map(({ line }) => line)}]`
  )
  return { told, anyone }
}

t.test('rules that never match are named with what hides them', async (t) => {
  const { told } = await check(t, [
    rule('/a/**', 'authenticated'),
    rule('/a/{id}', 'authenticated'),
    rule('/b', 'authenticated', ', methods: [GET]'),
    rule('/b', 'authenticated', ', methods: [POST]'),
    rule('/b', 'authenticated', ', methods: [HEAD, POST]'),
    rule('/A/x', 'authenticated'),
    rule('/Auth/x', 'authenticated')
  ])
  t.strictSame(told, [
    '4 rules[1]: can never match: hidden by the rule at line 3 [3]',
    '7 rules[4]: can never match: hidden by the rules at lines 5 and 6 [5,6]',
    '8 rules[5]: can never match: hidden by the rule at line 3, in other letter case at least; paths: { case: sensitive } would bring it to life [3]',
    "9 rules[6]: can never match: hidden by the gateway's own answers under /auth, in other letter case at least; paths: { case: sensitive } would bring it to life []"
  ])
})

t.test('a rule of which it is not known is named with the limit', async (t) => {
  const { told } = await check(
    t,
    [rule('/x/a;b/**', 'authenticated'), rule('/x/a;b/c', 'authenticated')],
    'upstreams: { app: { url: "http://127.0.0.1:9", paths: { semicolon: allow } } }\n'
  )
  t.strictSame(told, ['4 rules[1]: undecided whether it can ever match: its path can be read in several ways []'])
})

t.test('a role island inside a wider rule is warned of, and many of them once', async (t) => {
  const island = (at: number) => rule(`/area${at}`, '{ roles: [admin] }')
  const few = await check(t, [island(1), rule('/**', 'authenticated')])
  t.strictSame(few.told, [
    '3 rules[0].path: holds its exact path alone: GET /area1/ falls to line 4, which lets more people in, /area1/** holds all of it [4]'
  ])
  const many = await check(t, [1, 2, 3, 4].map(island).concat(rule('/**', 'authenticated')))
  t.strictSame(many.told, [
    '7 rules[4].path: lets more people in than 4 rules above it that hold their exact paths alone, as GET /area1/ beside line 3, end those paths in /** [3,4,5,6]'
  ])
})

t.test('a page to sign in that is open to nobody is warned of', async (t) => {
  const head = (more: string) => `${upstreams}tokens: { cookies: { enabled: true, login_url: /login } }\n${more}`
  const about = async (rules: readonly string[], more = '') =>
    (await check(t, rules, head(more))).told.filter((one: string) => one.includes('login_url'))
  const all = rule('/**', 'authenticated')
  t.strictSame(await about([rule('/login', 'anyone'), all]), [])
  t.strictSame(await about([rule('/login', 'anyone', ', host: app.example'), all]), [])
  t.strictSame(await about([all]), [
    '2 tokens.cookies.login_url: whoever is not signed in is refused this page, too, write a rule for it with allow: anyone, above this one [4]'
  ])
  t.strictSame(await about([rule('/a', 'anyone')]), [
    '2 tokens.cookies.login_url: no rule covers this page, write a rule for it with allow: anyone []'
  ])
  t.equal(
    (await about([rule('/login', 'anyone', ', host: app.example'), all], 'public_url: "https://other.example"\n'))
      .length,
    1
  )
})

t.test('what anyone may reach is listed, the first of many', async (t) => {
  const { folder } = await makePlace(t, '')
  const open = Array.from({ length: 12 }, (_, at) => rule(`/open${at}`, 'anyone', ', methods: [GET]'))
  const narrow = rule('/open3', '{ networks: [10.0.0.0/8] }', ', host: a.example')
  writeFileSync(join(folder, 'gateway.yaml'), `${upstreams}rules:\n${narrow}${open.join('')}`)
  const { stdout } = await runCommand(t, ['check'], { cwd: folder })
  const lines = stdout.split('\n')
  t.equal(lines[1], 'Anyone may reach, without signing in:')
  t.equal(lines[2], '  a.example/open3  (from network 10.0.0.0/8)')
  t.equal(lines[3], '  GET /open0')
  t.equal(lines[6], '  GET /open3  (except what line 3 takes from it)')
  t.equal(lines[12], '  and 3 more, which `portcullis access` lists')
  const { anyone } = await check(t, [rule('/a', 'nobody', ', methods: [GET]'), rule('/**', 'anyone')])
  t.strictSame(anyone, [
    {
      line: 4,
      path: '/**',
      methods: null,
      hosts: null,
      from: null,
      except: [{ line: 3, path: '/a' }],
      max_body: null,
      websocket: { ends_with: 'token', idle_timeout_ms: 3_600_000 },
      exact: true
    }
  ])
})

t.test('claims that may be too long for any token are named', async (t) => {
  const claims = (...sources: string[]) =>
    `tokens: { claims: { ${sources.map((source, index) => `c${index}: user.${source}`).join(', ')} } }\n${upstreams}`
  const warn = async (head: string) =>
    (await check(t, [rule('/a', 'nobody')], head)).told.filter((one: string) => /tokens/.test(one))
  t.strictSame(await warn(claims('name', 'email')), [])
  t.match(await warn(claims('name', 'email', 'name')), [/^1 tokens: lets tokens become longer than 14336 characters/])
})
