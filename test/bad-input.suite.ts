import './cli/side-by-side.js'
import './cli/bounds-what-a-file-can-cost.test.js'
