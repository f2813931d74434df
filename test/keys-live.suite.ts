import './tokens/every-algorithm-is-verified-by-strangers.test.js'
import './tokens/rotates-under-load.test.js'
