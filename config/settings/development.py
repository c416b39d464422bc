"""A person's own machine and the demo: readable logs, plain HTTP, no secrets worth keeping."""

import os

os.environ.setdefault("LOG_JSON", "0")

from config.settings.base import *  # noqa: E402, F403  the base must see LOG_JSON
from config.settings.base import env  # noqa: E402

DEBUG = env.flag("DEBUG", default=True)
SECRET_KEY = env.text("SECRET_KEY", example="", default="for-development-only-" + "0" * 40)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
INTERNAL_IPS: list[str] = []
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
