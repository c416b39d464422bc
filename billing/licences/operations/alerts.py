"""Tell that a share of a window was drawn: once for each threshold and window.

By what issued invoices drew, so what was told never has to be taken back. A mark is reached at
equality.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.licences.models import PoolAlert, PoolBucket
from core.db.transactions import transaction
from core.decimals import decimal_text
from core.isolating import isolated
from eventing.publish import publish

logger = logging.getLogger(__name__)

LOOKBACK = timedelta(days=100)
"""How long after its end a window is still told of: late use is billed for as long."""


def tell_reached(*, at: datetime) -> int:
    """Tell what was reached and not told; returns how many windows were looked at."""

    def work(buckets: Sequence[PoolBucket]) -> None:
        for bucket in buckets:
            _tell_of(bucket, at)

    drawn = PoolBucket.objects.filter(
        is_carried=False, drawn__gt=0, window_until__gt=at - LOOKBACK
    ).exclude(alerts__threshold=100)
    rows = drawn.select_related("commitment__license").order_by("pk")
    return isolated(list(rows), work, set_aside=_not_told)


def _not_told(bucket: PoolBucket, problem: Exception) -> None:
    logger.error("pool_not_told", exc_info=problem, extra={"bucket": bucket.public_id})


def _tell_of(bucket: PoolBucket, at: datetime) -> None:
    with transaction():
        locked = PoolBucket.objects.select_for_update(of=("self",)).get(pk=bucket.pk)
        told = set(locked.alerts.values_list("threshold", flat=True))
        reached = [
            share
            for share in sorted(bucket.commitment.thresholds)
            if share not in told and locked.drawn * 100 >= locked.granted * share
        ]
        for share in reached:
            PoolAlert.objects.create(bucket=locked, threshold=share, used=locked.drawn, told_at=at)
        if reached:
            license = bucket.commitment.license
            publish(
                "pool.threshold_reached",
                subject=license.public_id,
                payload={
                    "pool": bucket.commitment.public_id,
                    "window_from": locked.window_from.isoformat(),
                    "thresholds": reached,
                    "drawn": decimal_text(locked.drawn),
                    "granted": decimal_text(locked.granted),
                    "unit": bucket.commitment.unit or license.currency,
                },
                at=at,
            )
