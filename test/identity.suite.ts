import './identity/encodes-what-no-header-can-carry.test.js'
import './identity/lets-no-client-name-an-identity.test.js'
import './identity/needs-a-subject.test.js'
