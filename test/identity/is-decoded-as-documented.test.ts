import { execFileSync } from 'node:child_process'
import t from 'tap'
import type { Principal } from '../../gateway/domain.js'
import { createIdentityFields } from '../../gateway/identity/index.js'
import { fragmentOf } from '../helpers/documentation.js'

const TEXTS = [
  'plain',
  'Zoë',
  ' a  b ',
  '100%',
  '%41',
  'a+b',
  'a,b',
  'a\r\nX: y',
  '\u{1F600}',
  '\u0000',
  '\u007f',
  '"\\'
]
const LISTS = [['a', 'b'], ['a,b', 'c'], TEXTS, ['%2C', ',']]

const principal = (claims: Record<string, unknown>): Principal => ({
  subject: 'u1',
  issuer: 'corp',
  username: null,
  roles: [],
  scopes: [],
  clientId: null,
  sessionId: null,
  tokenId: null,
  generation: null,
  expiresAt: 0,
  claims
})
const say = (claim: unknown) => createIdentityFields({ X: 'claim' })(principal({ claim }))[1] ?? ''
const said = { texts: TEXTS.map(say), lists: LISTS.map(say) }

t.test('the JavaScript of the documentation reads every value back', async (t) => {
  const source = fragmentOf('identity.md', 'How values are encoded', 'js')
  const { readText, readList } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    readText: (value: string) => string
    readList: (value: string | undefined) => string[]
  }
  t.same(said.texts.map(readText), TEXTS)
  t.same(said.lists.map(readList), LISTS)
  t.same(readList(undefined), [])
})

t.test('so does the Python', async (t) => {
  const source = fragmentOf('identity.md', 'How values are encoded', 'python')
  const program = `${source}
import json, sys
said = json.load(sys.stdin)
print(json.dumps([[read_text(one) for one in said["texts"]], [read_list(one) for one in said["lists"]]]))
`
  const output = execFileSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(said), encoding: 'utf8' })
  t.same(JSON.parse(output), [TEXTS, LISTS])
})
