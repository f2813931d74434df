import './accounts/is-operated-by-command.test.js'
