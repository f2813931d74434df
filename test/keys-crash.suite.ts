import './tokens/a-killed-rotation-leaves-one-current-key.test.js'
