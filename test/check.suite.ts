import './cli/side-by-side.js'
import './cli/lists-every-mistake-of-a-settings-file.test.js'
import './cli/tells-mistakes-to-machines.test.js'
