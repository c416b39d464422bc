"""Whose token a secret is, and the tokens of one person."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import PersonalToken, User


def live_tokens(at: datetime) -> QuerySet[PersonalToken]:
    """Tokens that are good at an instant."""
    return PersonalToken.objects.filter(
        expires_at__gt=at, end__isnull=True, person__is_active=True
    ).select_related("person")


def tokens_of(person: User, *, at: datetime) -> list[PersonalToken]:
    """The person's tokens that are good, the newest first; one query."""
    return list(live_tokens(at).filter(person=person).order_by("-issued_at", "-pk"))
