import './hygiene/a-token-ends-amid-a-connection.test.js'
