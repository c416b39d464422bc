"""A lean Django on our database with one view: events through DRF serializers and bulk_create."""

from config.settings.development import DATABASE_LIMITS as DATABASE_LIMITS
from config.settings.development import DATABASES as DATABASES
from config.settings.development import SECRET_KEY as SECRET_KEY

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"]
ROOT_URLCONF = "benchmarks.peers.drf"
ALLOWED_HOSTS = ["127.0.0.1"]
# Our server asks where to report; here nowhere.
SENTRY_DSN = ""
TRACES_ENDPOINT = ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
# A batch is larger than the default for forms.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000
