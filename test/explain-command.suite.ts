import './explain/is-explained-by-command.test.js'
