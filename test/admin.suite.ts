import './admin/counts-requests-in-bounded-series.test.js'
import './admin/lets-operators-change-users.test.js'
import './admin/logs-what-was-decided-and-no-secret.test.js'
import './admin/lets-operators-see-accounts.test.js'
