import './openapi/begins-with-a-file-that-works.test.js'
import './openapi/covers-the-whole-of-github.test.js'
import './openapi/starts-from-a-petstore.test.js'
