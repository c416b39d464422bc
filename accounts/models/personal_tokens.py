"""Tokens with which a program acts as one person of the staff, with that person's roles."""

from django.db import models
from django.db.models import F, Q

from accounts.models.users import User
from core.db.fields import PublicIdField
from core.db.models import AppendOnly


class PersonalToken(AppendOnly):
    """A token of a person; only its SHA-256 is kept. What it does is done by that person."""

    public_id = PublicIdField(prefix="ptk")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="personal_tokens")
    label = models.CharField(max_length=100)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="personal_token_lasts"
            ),
            models.CheckConstraint(condition=~Q(label=""), name="personal_token_has_a_label"),
        ]

    def __str__(self) -> str:
        return f"{self.label} of {self.person}"


class PersonalTokenEnd(AppendOnly):
    """That a token was ended before its time."""

    token = models.OneToOneField(PersonalToken, on_delete=models.PROTECT, related_name="end")
    ended_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens_ended")

    def __str__(self) -> str:
        return f"End of {self.token}"
