import './scripts/counts-what-suites-say.test.js'
