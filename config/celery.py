"""The Celery application and its schedule.

Truth is in the rows: a task carries an id and is only a wake-up, so a lost, doubled or late
message changes nothing (docs/ARCHITECTURE.md). Each app declares its tasks in its own tasks.py.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

app = Celery("counterfoil")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Rings only: each looks into its table for what is due and wakes workers for it.
app.conf.beat_schedule = {
    "ring bill runs": {"task": "billing.tasks.ring_bill_runs", "schedule": 5.0},
}
