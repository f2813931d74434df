import './streams/answers-every-fault-of-an-upstream.test.js'
