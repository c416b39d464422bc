"""What the machines' door remembers by itself: answers under idempotency keys, and last uses."""

from django.db import models
from django.db.models import Q

from accounts.models import PartnerCredential
from core.db.models import AppendOnly

KEY_LENGTH_MAX = 255


class IdempotencyKey(AppendOnly):
    """A key that a caller sent with a request, and what was answered; written with the effect.

    It is kept as long as the effect, which is for ever: the same key is never a second effect.
    """

    owner = models.CharField(max_length=64, help_text="Whose key it is: a partner or a person.")
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    request_sha256 = models.CharField(
        max_length=64, help_text="Of the method, the address and the body as it is read."
    )
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    is_sealed = models.BooleanField(
        default=False, help_text="The answer holds a secret and is kept encrypted."
    )
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once"),
            models.CheckConstraint(
                condition=Q(status__gte=200, status__lt=300), name="idempotency_key_of_an_effect"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="idempotency_key_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.owner}"


class CredentialUse(models.Model):
    """When a credential was last used, to the minute; a credential without one never was."""

    credential = models.OneToOneField(
        PartnerCredential, on_delete=models.PROTECT, primary_key=True, related_name="use"
    )
    last_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Use of {self.credential}"
