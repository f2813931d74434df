import './targets/bounds-its-connections.test.js'
import './targets/bounds-what-retries-cost.test.js'
import './targets/knows-whom-it-talks-to.test.js'
import './targets/repeats-only-what-is-safe.test.js'
