import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { bearer } from '../helpers/gateway.js'
import { FIELD, ISSUER, startSigning } from './assertion-fixture.js'

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', 'assertion')

interface NodeRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

interface NodeVerifier {
  readonly createVerifier: (options: object) => (request: NodeRequest) => Promise<{ readonly sub: string }>
  readonly AssertionRefused: ErrorConstructor
}

/** Two uses of one assertion, and one of another. */
async function startUses(t: Parameters<typeof startSigning>[0]) {
  const { gateway, upstream, token, last } = await startSigning(t)
  const use = async () => {
    await fetch(`${gateway.url}/api/a?b`, { headers: bearer(token) })
    const id = String(upstream.last().headers['x-request-id'])
    return { method: 'GET', url: '/a?b', headers: { [FIELD]: last(), 'x-request-id': id } }
  }
  return { gateway: gateway.url, first: await use(), second: await use() }
}

t.test('the verifier in Node accepts each assertion once, if it is told to', async (t) => {
  const { gateway, first, second } = await startUses(t)
  const example = pathToFileURL(join(EXAMPLES, 'verify.mjs')).href
  const { createVerifier, AssertionRefused } = (await import(example)) as NodeVerifier
  const options = { gateway, issuer: ISSUER, audience: 'orders' }
  const verify = createVerifier({ ...options, once: true })
  t.ok((await verify(first)).sub)
  const again = await verify(first).catch((error: unknown) => error)
  t.ok(again instanceof AssertionRefused && again.message === 'it was used before')
  t.ok((await verify(second)).sub)
  const often = createVerifier(options)
  t.same(await often(first), await often(first))
})

const PYTHON = `
import json, sys
from verify import AssertionRefused, Verifier
told = json.load(sys.stdin)
verifier = Verifier(told["gateway"], told["issuer"], "orders", header="x-portcullis-assertion", once=True)
def use(request):
    headers = {"X-Request-Id": request["headers"]["x-request-id"], "x-portcullis-assertion": request["headers"]["x-portcullis-assertion"]}
    try:
        return bool(verifier.verify(request["method"], request["url"], headers)["sub"])
    except AssertionRefused as error:
        return str(error)
print(json.dumps([use(told["first"]), use(told["first"]), use(told["second"])]))
`

t.test('so does the one in Python', async (t) => {
  const told = { ...(await startUses(t)), issuer: ISSUER }
  const env = { ...process.env, PYTHONPATH: EXAMPLES, PYTHONDONTWRITEBYTECODE: '1' }
  const running = promisify(execFile)('/usr/bin/python3', ['-c', PYTHON], { env })
  running.child.stdin?.end(JSON.stringify(told))
  t.same(JSON.parse((await running).stdout), [true, 'it was used before', true])
})
