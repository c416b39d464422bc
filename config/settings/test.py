"""The test suite: like production where behaviour is concerned, cheap where it is not."""

import os

os.environ.setdefault("LOG_JSON", "0")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config.settings.base import *  # noqa: E402, F403  the base must see the log variables
from config.settings.base import env  # noqa: E402

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", example="", default="for-tests-only-" + "0" * 50)
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A slow hash protects people; in tests it only costs time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
