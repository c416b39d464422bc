"""Which instant a day of a jurisdiction begins at."""

from datetime import date, datetime

from django.db.models import Q

from billing.invoicing.models import JurisdictionPolicy
from core.periods import local_midnight


def first_instant(jurisdiction: str, day: date) -> datetime:
    """The first instant of a day where a jurisdiction's policy says; in UTC without a policy."""
    noon = local_midnight(day, "UTC").replace(hour=12)
    policies = JurisdictionPolicy.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=noon),
        jurisdiction=jurisdiction,
        valid_from__lte=noon,
    ).exclude(approved_by="")
    policy = policies.first()
    return local_midnight(day, policy.zone if policy is not None else "UTC")
