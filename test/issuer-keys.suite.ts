import './issuers/waits-for-keys-over-a-reload.test.js'
import './issuers/asks-for-keys-within-bounds.test.js'
import './issuers/keeps-pace.test.js'
