import './moving/every-password-of-a-django-site-still-works.test.js'
