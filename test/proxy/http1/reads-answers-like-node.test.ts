import t from 'tap'
import { readsLikeNode } from './reads-like-node.js'

t.test("what is read, Node's own client reads as the same answer, whatever its octets and its pieces", async (t) => {
  const { read, refused, unfinished, stricter } = await readsLikeNode(2_000)
  t.ok(read > 50, `${read} were read`)
  t.ok(refused > 50, `${refused} were refused`)
  t.comment(`${unfinished} unfinished; refused here alone: ${JSON.stringify([...stricter])}`)
})
