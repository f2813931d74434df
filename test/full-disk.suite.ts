import './storms/a-full-disk-loses-nothing.test.js'
