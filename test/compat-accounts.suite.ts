import './compat/its-tokens-open-the-account.test.js'
import './compat/users-of-every-source-sign-in.test.js'
