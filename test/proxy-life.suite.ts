import './proxy/drains-before-it-closes.test.js'
import './proxy/reloads-under-load.test.js'
import './proxy/survives-any-bytes.test.js'
import './proxy/waits-for-no-body-forever.test.js'
