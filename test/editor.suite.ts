import './editor/completes-and-explains-every-key.test.js'
