import './streams/serves-curl.test.js'
import './streams/stands-before-real-servers.test.js'
import './streams/stands-behind-real-proxies.test.js'
import './streams/streams-events-to-a-browser.test.js'
