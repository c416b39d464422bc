"""The Celery application and its schedule.

Truth is in the rows: a task carries an id and is only a wake-up, so a lost, doubled or late
message changes nothing (docs/ARCHITECTURE.md). Each app declares its tasks in its own tasks.py.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

import config.heartbeats  # noqa: F401  what it hears of Celery
from config.queues import is_held_back
from core.db.limits import ProcessKind, this_process_is
from core.tasks import hold_tasks_back_while

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

# Both ways to say Redis, over TLS or not; a Unix socket is one of them.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "core.broker:Transport"))

app = Celery("counterfoil")


@worker_init.connect
def _has_a_workers_limits(**_: Any) -> None:
    """In the parent, before it forks: its children inherit what they are."""
    this_process_is(ProcessKind.WORKER)


@worker_process_init.connect
def _is_watched(**_: Any) -> None:
    """In each child: what sends traces is a thread, and none outlives a fork."""
    # Only a worker has settings by then that may be asked.
    from config.telemetry import start_telemetry

    start_telemetry(ProcessKind.WORKER)


app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
hold_tasks_back_while(is_held_back)


def _every(seconds: float, task: str) -> dict[str, Any]:
    """A ring nobody answered before the next one is forgotten, so that none pile up."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


# Rings only: each looks into its table for what is due and wakes workers for it. In seconds.
app.conf.beat_schedule = {
    "ring webhooks": _every(1.0, "eventing.tasks.ring_webhooks"),
    "ring bill runs": _every(5.0, "billing.invoicing.tasks.ring_bill_runs"),
    "ring simulations": _every(2.0, "billing.whatif.tasks.ring_simulations"),
    "ring close checks": _every(2.0, "billing.closing.tasks.ring_close_checks"),
    "ring held settlements": _every(5.0, "billing.contracts.tasks.ring_held_settlements"),
    # Dated when it was due; often, so that usage meets the plan it is used under.
    "carry out changes": _every(20.0, "billing.contracts.tasks.carry_out_changes"),
    "ring bill comparisons": _every(2.0, "billing.invoicing.tasks.ring_bill_comparisons"),
    "bill thresholds": _every(900.0, "billing.invoicing.tasks.bill_thresholds"),
    "keep grants": _every(900.0, "billing.invoicing.tasks.keep_grants"),
    "retry untaxed": _every(120.0, "billing.invoicing.tasks.retry_untaxed_bills"),
    "apply free money": _every(60.0, "billing.receivables.tasks.apply_free_money"),
    # The books are read from the lines for what is not added up.
    "add up balances": _every(300.0, "billing.ledger.tasks.add_up_balances"),
    "take dunning steps": _every(900.0, "billing.receivables.tasks.take_dunning_steps"),
    "ring papers": _every(5.0, "billing.papers.tasks.ring_papers"),
    # A bill run adds up for itself what is not added up by then.
    "add up ended periods": _every(1_800.0, "billing.invoicing.tasks.add_up_ended_periods"),
    # Whoever reads a figure builds what is stale of it first; this only spares them the wait.
    "refresh stale usage": _every(30.0, "usage.tasks.refresh_stale_usage"),
    # Two weeks ahead, so days without a beat do no harm; often, for the first minute of all.
    "make partitions": _every(60.0, "usage.tasks.make_partitions"),
    # PostgreSQL ends most of them by itself.
    "end overlong transactions": _every(30.0, "core.tasks.end_overlong"),
    "close ended pool windows": _every(900.0, "billing.licences.tasks.close_ended_windows"),
    "tell reached pool thresholds": _every(300.0, "billing.licences.tasks.tell_reached_thresholds"),
    # From an event that is accepted until its stop is told; docs/limits.md says how long it takes.
    "look at spending": _every(5.0, "billing.spending.tasks.look_at_spending"),
    # A contested line goes on with whatever became of the late usage it is about.
    "follow late usage": _every(60.0, "billing.disputes.tasks.follow_late_usage"),
    # When a promise is missed follows from its events; this only writes it down and tells.
    "note missed promises": _every(300.0, "billing.disputes.tasks.note_missed_promises"),
    "ring credit batches": _every(5.0, "billing.disputes.tasks.ring_credit_batches"),
    # Deciding compares with the instant; this only writes down what is over.
    "expire proposals": _every(300.0, "approvals.tasks.expire_proposals"),
    # All of them within a night, and again the next: a few at a time, so that none waits for long.
    "look at the books": _every(60.0, "duty.tasks.look_at_books"),
    "seal what was written": _every(60.0, "audit.tasks.seal_written"),
    "forget ended sessions": _every(3_600.0, "accounts.tasks.forget_ended_sessions"),
    "tidy reference changes": _every(3_600.0, "usage.tasks.tidy_reference_changes"),
}
