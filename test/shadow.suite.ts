import './shadow/compares-live-traffic-without-effect.test.js'
import './shadow/follows-its-file.test.js'
