import './issuers/asks-for-keys-within-bounds.test.js'
import './issuers/keeps-pace.test.js'
