import './sources/users-are-refused-who-fit-no-token.test.js'
import './sources/users-are-imported.test.js'
import './sources/users-of-a-file-sign-in.test.js'
import './sources/users-of-htpasswd-sign-in.test.js'
