import './directories/asks-by-queries-of-the-settings.test.js'
import './directories/follows-users-at-each-door.test.js'
import './directories/is-bounded-when-the-database-is-away.test.js'
import './directories/signs-in-users-of-a-django-database.test.js'
