import './tunnel/ends-when-access-ends.test.js'
import './tunnel/lives-as-long-as-both-ends.test.js'
import './tunnel/passes-what-its-ends-say.test.js'
