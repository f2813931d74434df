import t from 'tap'
import { compareBoth } from './both-sides.js'
import { oddities } from './cases.js'

t.test('whatever is odd about a request or a token is answered as by the original, but for the listed answers', (t) =>
  compareBoth(t, 'rotating', oddities)
)
