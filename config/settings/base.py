"""Settings that hold everywhere. What differs per environment is in the sibling modules.

Every value that a deployment may choose is read from the environment through config.env.
"""

from pathlib import Path
from typing import Any

from config.env import Environment, broker_url, tls_of
from config.logging import logging_config
from config.queues import DEFAULT, queues, route
from config.settings.openapi import SPECTACULAR_SETTINGS  # noqa: F401  a setting

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Environment()

INSTALLED_APPS = [
    # Before Django's own, whose changepassword it stands in for.
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "pgtrigger",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "oauth2_provider",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "csp",
    "eventing",
    "audit",
    "duty",
    "accounts",
    "approvals",
    "usage",
    "billing.ledger",
    "billing.catalogue",
    "billing.contracts",
    "billing.licences",
    "billing.invoicing",
    "billing.spending",
    "billing.receivables",
    "billing.closing",
    "billing.papers",
    "billing.whatif",
    "billing.disputes",
    "billing.publishing",
    "billing.parallel_run",
    "billing.legacy",
    "api",
    "console",
]

MIDDLEWARE = [
    "core.middleware.WatchedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.middleware.RequestIdMiddleware",
    "api.middleware.ProblemMiddleware",
    "api.middleware.OAuthMiddleware",
    "api.middleware.HerokuMiddleware",
    "console.shell.middleware.ReadableTextMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionLimitsMiddleware",
    "accounts.middleware.PersonActsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# Shown as a striped bar on every page, so that nobody takes a trial for the real books.
ENVIRONMENT_NAME = env.text("ENVIRONMENT_NAME", example="TEST", default="")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.shell.context.shell",
            ],
        },
    }
]

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.SignInBackend",
    "accounts.backends.RoleBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "accounts.secret_hasher.GeneratedSecretHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_ADAPTER = "config.sign_in.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# The link to choose a first password has proven the mailbox.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_ADAPTER = "config.sign_in.FactorAdapter"
MFA_TOTP_ISSUER = "Counterfoil"
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Somebody's failures count for that person from that address, and nobody is kept out by what
# colleagues behind the same router do; what counts for an address alone is for floods.
ACCOUNT_RATE_LIMITS = {
    "login": "600/m/ip",
    "login_failed": "5/5m/key",
    "reset_password": "100/m/ip,5/m/key",
    "reset_password_from_key": "100/m/ip",
}
# How many routers of ours stand before the web, each adding to X-Forwarded-For.
TRUSTED_PROXY_HOPS = env.number("TRUSTED_PROXY_HOPS", default=0, at_most=10)
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# No letter to addresses that nobody here has.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# A link to choose a password is good for a day, and once.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60

# Papers: their bytes, the address their codes lead to, and fonts of more scripts
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # A directory that all processes share, or a bucket.
    "papers": env.store(
        "PAPERS_STORE",
        default=Path(
            env.text(
                "PAPERS_DIR",
                example="/var/lib/counterfoil/papers",
                default=str(BASE_DIR / ".dev" / "papers"),
            )
        ),
    ),
}
# What one credential, or one person's programs, may ask in a minute; events are not counted.
API_REQUESTS_A_MINUTE = env.number("API_REQUESTS_A_MINUTE", default=3_000, at_least=1)
PAPER_FONT_DIRS = env.words("PAPER_FONT_DIRS", example="/usr/share/fonts/noto", default="")

# Tax: an engine of somebody else, instead of the built-in tables
TAX_ENGINE_URL = env.text("TAX_ENGINE_URL", example="https://tax.example.com/decide", default="")
TAX_ENGINE_TOKEN = env.text("TAX_ENGINE_TOKEN", example="a-secret-of-theirs", default="")
TAX_ENGINE_SECONDS = env.number("TAX_ENGINE_SECONDS", default=5, at_least=1, at_most=30)

# Webhooks: host:port of receivers that are reached whatever they lead to, over plain HTTP too
WEBHOOK_ALLOWED_HOSTS = env.words(
    "WEBHOOK_ALLOWED_HOSTS", example="receiver.internal:9000", default=","
)

# Letters: where links in them lead, and the server that takes them
SITE_URL = env.text(
    "SITE_URL", example="https://billing.example.com", default="http://127.0.0.1:8000"
)
# It is in the pattern printed on a paper, so it stays what it was when the first was made.
PAPERS_URL = env.text(
    "PAPERS_URL", example="https://billing.example.com", default="http://127.0.0.1:8000"
)
# Where allauth lets a person choose a password.
PASSWORD_LINK_PATH = "/staff/password/reset/key/{key}/"
DEFAULT_FROM_EMAIL = env.text(
    "EMAIL_FROM", example="counterfoil@example.com", default="counterfoil@localhost"
)
EMAIL_TIMEOUT = 10

# What a partner is answered, which the staff may look at from the console.
CUSTOMER_DOOR = "api.as_partner.answer_to"
# Machines
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "api.schema.ProblemSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.JsonAndProblems",
    "DEFAULT_PARSER_CLASSES": ["api.bodies.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.PartnerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "api.problems.drf_exception_handler",
    "UNAUTHENTICATED_USER": None,
    # No ?format= and no suffix: there is one format.
    "URL_FORMAT_OVERRIDE": None,
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "SCOPES_BACKEND_CLASS": "api.oauth.CredentialScopes",
    "CLIENT_SECRET_HASHER": "generated_sha256",
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["client_credentials"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["none"],
    "OAUTH2_VALIDATOR_CLASS": "api.oauth.CredentialValidator",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

# Public keys that signed proofs before PROOF_SIGNING_KEY did. They stay published, so that what
# they signed can be checked for ever.
PROOF_RETIRED_KEYS = env.keys(
    "PROOF_RETIRED_KEYS", length=32, example="the-public-key-that-manage.py-proof_keys-printed"
)

# Storage
DATABASES = {"default": env.database("DATABASE_URL", default="postgres:///counterfoil")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60
_pool_size = env.number("DATABASE_POOL_SIZE", default=0, at_most=100)
if _pool_size:
    # A pool shares connections between threads; a process that serves one request at a time
    # is better off keeping its one connection.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool_size, "timeout": 5}
# How long things may last by kind of process (core.db.limits), as PostgreSQL writes durations; 0 is
# for ever. The web gives up before gunicorn ends its worker, and tries three times where it waits
# for a lock. A worker waits for a lock longer than its holder may be silent, so that nobody fails
# because another is frozen, and stays under its task's time limits.
DATABASE_LIMITS = {
    "web": {"statement": "20s", "lock": "5s", "idle_in_transaction": "15s", "transaction": "25s"},
    "worker": {
        "statement": "110s",
        "lock": "45s",
        "idle_in_transaction": "30s",
        "transaction": "120s",
    },
    "command": {
        "statement": "0",
        "lock": "60s",
        "idle_in_transaction": "10min",
        "transaction": "0",
    },
    # Whoever waits for a table makes everybody after it wait too.
    "migrate": {
        "statement": "0",
        "lock": "5s",
        "idle_in_transaction": "10min",
        "transaction": "0",
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis("REDIS_URL", default="redis://127.0.0.1:6379/0")
# Clearing a cache empties its whole database, so the broker's must be another one.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "config.steady_cache.SteadyCache",
        "LOCATION": env.redis("CACHE_URL", default=REDIS_URL),
        "KEY_PREFIX": "counterfoil",
    }
}
# Some platforms give a broker whose certificate nobody can verify; only then is it left out.
REDIS_VERIFY_TLS = env.flag("REDIS_VERIFY_TLS", default=True)
if not REDIS_VERIFY_TLS and CACHES["default"]["LOCATION"].startswith("rediss:"):
    CACHES["default"]["OPTIONS"] = {"ssl_cert_reqs": None}

# Background work: the figures and the measurements behind them are in docs/operations.md
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_USE_SSL = tls_of(REDIS_URL, is_verified=REDIS_VERIFY_TLS)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_QUEUES = queues()
CELERY_TASK_DEFAULT_QUEUE = DEFAULT
CELERY_TASK_ROUTES = (route,)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 150
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_TIMEZONE = "UTC"
# Keeps no file: what is due lies in tables, and two beats at once would be harmless.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

# Language, time, files
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = ["config.formats"]
STATIC_URL = "static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

# Browsers. htmx must not write a <style> of its own: templates/base.html turns that off.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# Nobody is signed in for longer than so many hours, or after doing nothing for so many minutes.
SESSION_LONGEST_SECONDS = 3600 * env.number("SESSION_HOURS", default=168, at_least=1, at_most=720)
SESSION_IDLE_SECONDS = 60 * env.number(
    "SESSION_IDLE_MINUTES", default=720, at_least=5, at_most=43_200
)
SESSION_COOKIE_AGE = SESSION_LONGEST_SECONDS
# Who approves said a password or a code so many minutes ago at most.
APPROVAL_CONFIRMED_SECONDS = 60 * env.number(
    "APPROVAL_CONFIRMED_MINUTES", default=60, at_least=1, at_most=1440
)
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
# The ingest view bounds its own body; this is the bound for every other form and document.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# A file over the limit is read off and not kept, neither in memory nor on a disk.
FILE_UPLOAD_HANDLERS = [
    "core.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Who watches: numbers for whoever has the token, errors and traces for whoever is named.
VERSION = env.text("COUNTERFOIL_VERSION", example="0.1.0", default="unreleased")
RUNBOOK_URL = env.text(
    "RUNBOOK_URL", example="https://docs.example.com/operations.html", default=""
)
METRICS_TOKEN = env.text("METRICS_TOKEN", example="$(openssl rand -hex 24)", default="")
SENTRY_DSN = env.text("SENTRY_DSN", example="https://key@sentry.example.com/1", default="")
TRACES_ENDPOINT = env.text(
    "OTEL_EXPORTER_OTLP_ENDPOINT", example="http://collector.example.com:4318", default=""
)

LOGGING = logging_config(
    level=env.text("LOG_LEVEL", example="INFO", default="INFO"),
    as_json=env.flag("LOG_JSON", default=True),
)
LOGGING_CONFIG = "logging.config.dictConfig"
