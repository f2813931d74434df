"""A site with users on PostgreSQL, whose mass of passwords is hashed cheaply."""
import os

SECRET_KEY = "of a test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["SITE_DATABASE"],
        "HOST": "127.0.0.1",
        "PORT": os.environ["SITE_PORT"],
        "USER": "owner",
        "PASSWORD": os.environ["SITE_PASSWORD"],
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
PASSWORD_HASHERS = [
    "cheap_hashers.PBKDF2",
    "cheap_hashers.PBKDF2SHA1",
    "cheap_hashers.Argon2",
    "cheap_hashers.BCrypt",
    "cheap_hashers.BCryptSHA256",
]
