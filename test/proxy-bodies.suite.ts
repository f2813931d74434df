import './proxy/asks-for-a-body-only-when-wanted.test.js'
import './proxy/passes-messages-of-any-kind.test.js'
