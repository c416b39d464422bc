"""The test suite: like production where behaviour is concerned, cheap where it is not."""

from config.logging import logging_config
from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
DEBUG = False
SECRET_KEY = "for-tests-only-" + "0" * 50
PROOF_SIGNING_KEY = bytes(range(32))
LOGGING = logging_config(level="WARNING", as_json=False)
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A slow hash protects people; in tests it only costs time.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "accounts.secret_hasher.GeneratedSecretHasher",
]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES["papers"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
WHITENOISE_USE_FINDERS = True
# A file is looked up when it is asked for; else every client of a test would list them all first.
WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = None
