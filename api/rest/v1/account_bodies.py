"""What is sent to the addresses of accounts and resources: every field is known."""

from __future__ import annotations

from rest_framework import serializers

from accounts.models import Account, Resource
from api.rest.v1.payment_bodies import InstantText, StrictBody


class FirstProfile(StrictBody):
    """What the first invoice prints; days are of `zone`, a name such as Europe/Berlin."""

    legal_name = serializers.CharField(max_length=200)
    zone = serializers.CharField(max_length=64)
    terms_days = serializers.IntegerField(min_value=0, max_value=365, default=30)
    address = serializers.CharField(max_length=1_000, default="", allow_blank=True)
    email = serializers.CharField(max_length=254, default="", allow_blank=True)
    country = serializers.CharField(max_length=2, default="", allow_blank=True)


class OpenAccount(StrictBody):
    """An account to be opened now; `payer` is itself where none is named."""

    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Account.Kind.choices)
    currency = serializers.RegexField("^[A-Z]{3}$")
    parent = serializers.CharField(  # type: ignore[assignment]  # a field of this name
        max_length=64, default="", allow_blank=True
    )
    payer = serializers.CharField(max_length=64, default="", allow_blank=True)
    profile = FirstProfile()
    reason = serializers.CharField(max_length=500)


class AccountName(StrictBody):
    """Another name; what is left out stays."""

    name = serializers.CharField(max_length=200)
    reason = serializers.CharField(max_length=500)


class AccountReason(StrictBody):
    """Why."""

    reason = serializers.CharField(max_length=500)


class NewPayer(StrictBody):
    """Who pays from now on, and why."""

    payer = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=500)


class NewResourceBody(StrictBody):
    """A resource that the account has from an instant on, now where none is said."""

    platform_id = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Resource.Kind.choices)
    name = serializers.CharField(max_length=200)
    account = serializers.CharField(max_length=64)
    owned_from = InstantText(required=False)
    reason = serializers.CharField(max_length=500)


class ResourceTransfer(StrictBody):
    """To whom it goes with all that stands below it, from when on, and why."""

    account = serializers.CharField(max_length=64)
    owned_from = InstantText(required=False)
    reason = serializers.CharField(max_length=500)
