import './cli/side-by-side.js'
import './cli/makes-a-page-of-who-may-reach-what.test.js'
import './cli/shows-who-may-reach-what.test.js'
import './cli/warns-of-the-rules-as-a-whole.test.js'
