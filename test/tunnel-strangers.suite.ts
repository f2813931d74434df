import './tunnel/passes-python-and-a-browser.test.js'
import './tunnel/stops-amid-open-websockets.test.js'
