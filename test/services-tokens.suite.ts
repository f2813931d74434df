import './services/introspects-tokens.test.js'
import './services/revokes-tokens.test.js'
import './services/strangers-are-served.test.js'
import './services/tokens-end-with-the-definition-of-their-client.test.js'
