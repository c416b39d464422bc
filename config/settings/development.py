"""A person's own machine and the demo: readable logs, plain HTTP, no secrets worth keeping."""

from config.logging import logging_config
from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS, env

INSTALLED_APPS = [*INSTALLED_APPS, "demo"]
DEBUG = env.flag("DEBUG", default=True)
SECRET_KEY = env.text("SECRET_KEY", example="", default="for-development-only-" + "0" * 40)
PROOF_SIGNING_KEY = env.secret_bytes(
    "PROOF_SIGNING_KEY",
    length=32,
    example="",
    default="Zm9yLWRldmVsb3BtZW50LW9ubHktMDAwMDAwMDAwMDA=",
)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
INTERNAL_IPS: list[str] = []
LOGGING = logging_config(
    level=env.text("LOG_LEVEL", example="INFO", default="INFO"),
    as_json=env.flag("LOG_JSON", default=False),
)
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# Static files straight from their directories: nobody runs collectstatic on their own machine.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
