"""Django, REST framework and simplejwt as their documentation sets them up: the original that the gateway answers like."""

import json
import os
from datetime import timedelta


def durations(settings):
    """Seconds, where a setting is a time: JSON has no other word for it."""
    return {key: timedelta(seconds=value) if key.endswith("_LIFETIME") else value for key, value in settings.items()}


SECRET_KEY = "the original's own secret, which signs no tokens here"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "site_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SITE_DATABASE"],
        "OPTIONS": {"timeout": 30},
    }
}
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SIMPLE_JWT = durations(json.loads(os.environ["SITE_SIMPLE_JWT"]))
USE_TZ = True
