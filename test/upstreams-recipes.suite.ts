import './upstreams/django-rest-framework-knows-who-asks.test.js'
import './upstreams/express-knows-who-asks.test.js'
import './upstreams/fastapi-knows-who-asks.test.js'
import './upstreams/settings-of-every-page-are-good.test.js'
