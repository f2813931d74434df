import './assertions/are-proved-and-not-sampled.test.js'
import './assertions/guard-a-reload.test.js'
