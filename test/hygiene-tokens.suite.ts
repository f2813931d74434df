import './hygiene/a-token-ends-amid-a-connection.test.js'
import './hygiene/a-token-that-is-too-large-is-never-given.test.js'
import './hygiene/no-token-but-an-operators-opens-the-door.test.js'
