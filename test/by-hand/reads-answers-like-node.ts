/**
 * Upstreams' answers, good ones and bad ones, through the gateway's reader and that of Node's own client, for as long as
 * one likes. Run by hand, because the suite has two seconds for it: after `npm run build`,
 * `node dist/test/by-hand/reads-answers-like-node.js 300` for five minutes; a second number is the seed.
 */
import { readsLikeNode } from '../proxy/http1/reads-like-node.js'

const [, , seconds = '60', seed] = process.argv
const seen = await readsLikeNode(Number(seconds) * 1000, seed === undefined ? undefined : Number(seed))
console.log(seen)
