import './probe/is-believed-by-django.test.js'
import './probe/knows-upstreams-by-their-certificates.test.js'
import './probe/tells-who-believes.test.js'
