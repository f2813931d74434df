import './hygiene/every-reading-was-allowed.test.js'
