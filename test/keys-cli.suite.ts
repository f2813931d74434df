import './cli/key-rotates-and-retires.test.js'
