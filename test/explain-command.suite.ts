import './explain/is-explained-by-command.test.js'
import './explain/shows-what-else-a-rule-says.test.js'
