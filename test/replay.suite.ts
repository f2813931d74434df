import './replay/judges-a-log-as-the-gateway-would.test.js'
import './replay/never-guesses.test.js'
import './replay/reads-logs-of-any-shape.test.js'
import './replay/tells-what-would-change.test.js'
