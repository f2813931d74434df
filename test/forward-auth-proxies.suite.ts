import './forward-auth/stands-behind-caddy.test.js'
import './forward-auth/stands-behind-nginx.test.js'
