import './tunnel/holds-back-who-sends-too-fast.test.js'
import './tunnel/survives-any-bytes-on-an-upgrade.test.js'
