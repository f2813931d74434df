import t from 'tap'
import { startHostileSite } from './hostile-site.js'
import { malformed } from './malformed-messages.js'

t.test('a malformed message is refused, is the last of its connection, and reaches no upstream whole', async (t) => {
  const { send, arrived, control, upstream } = await startHostileSite(t)
  t.ok(malformed.length >= 80, `${malformed.length} messages`)
  for (const [what, bytes] of malformed) {
    arrived()
    const answer = await send(bytes)
    t.match(String(answer.status), /^4\d\d$/, `${what} is refused`)
    t.match(answer.head, /^connection: close$/im, `${what} ends the connection`)
    t.ok(answer.closed, `${what} ends it indeed, and nothing hangs`)
    t.equal(answer.text.match(/HTTP\/1\.1 \d/g)?.length, 1, `${what} has one answer`)
    t.strictSame(arrived(), [], `${what} arrives nowhere`)
    await control(t, what)
  }
  for (const bytes of upstream.bytes()) t.notMatch(bytes, /\r\nX-Smuggled/, 'what was smuggled is not even a body')
})
