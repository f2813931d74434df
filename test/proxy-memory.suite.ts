import './proxy/streams-in-flat-memory.test.js'
