import t from 'tap'
import { compareBoth } from './both-sides.js'
import { brief, lenient } from './cases-of-times.js'

t.test('leeway, audience and issuer are those of the original, wherever a token is shown', (t) =>
  compareBoth(t, 'lenient', lenient)
)

t.test('a token ends where that of the original ends', (t) => compareBoth(t, 'brief', brief))
