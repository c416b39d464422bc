"""A deployment. Everything without a safe default must be in the environment."""

from config.env import EnvironmentProblem
from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, STORAGES, env

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", example="$(openssl rand -hex 32)")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", example="the-previous-key", default=",")
PROOF_SIGNING_KEY = env.secret_bytes(
    "PROOF_SIGNING_KEY", length=32, example="$(openssl rand -base64 32)"
)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", example="billing.example.com")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS]
SITE_URL = env.text(
    "SITE_URL",
    example="https://billing.example.com",
    default=f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if ALLOWED_HOSTS else None,
)
PAPERS_URL = env.text("PAPERS_URL", example="https://billing.example.com", default=SITE_URL)
# EMAIL_BACKEND, and for a mail server EMAIL_HOST and what else it takes to reach it.
globals().update(env.mail_server("EMAIL_URL", default="smtp://localhost:25"))
# Read again without a default: a deployment must name its database and its broker.
DATABASES["default"] |= env.database("DATABASE_URL") | {"OPTIONS": DATABASES["default"]["OPTIONS"]}
REDIS_URL = env.redis("REDIS_URL")

# Without TLS a session is anybody's on the way: only between a browser and its own machine.
PLAIN_HTTP = env.flag("PLAIN_HTTP", default=False)
if PLAIN_HTTP and not set(ALLOWED_HOSTS) <= {"localhost", "127.0.0.1", "[::1]"}:
    raise EnvironmentProblem("PLAIN_HTTP", "is for this machine's own names only", "0")
SECURE_SSL_REDIRECT = not PLAIN_HTTP
# Whoever watches a process asks it directly, behind the router that ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_NAME = "session" if PLAIN_HTTP else "__Host-session"
CSRF_COOKIE_NAME = "csrf" if PLAIN_HTTP else "__Host-csrf"
STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
