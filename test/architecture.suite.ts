import './architecture/arrows-go-one-way.test.js'
import './architecture/documentation-names-what-exists.test.js'
