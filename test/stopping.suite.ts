import './door/stops-amid-requests-and-websockets.test.js'
