import './cli/side-by-side.js'
import './cli/drops-nothing-while-it-reloads.test.js'
import './cli/reloads-however-the-file-is-replaced.test.js'
