import './proxy/tells-upstream-faults-apart.test.js'
import './proxy/utters-problems.test.js'
