import './scripts/counts-what-suites-say.test.js'
import './scripts/sums-up-what-was-measured.test.js'
