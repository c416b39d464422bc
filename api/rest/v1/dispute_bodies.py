"""What is sent to the addresses of disputes: every field is known."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from api.rest.v1.payment_bodies import StrictBody
from billing.disputes.operations.messages import LONGEST
from billing.disputes.reason_codes import CODES

LINES_MOST: Final = 50


class ContestedLine(StrictBody):
    """A line of an issued invoice, why, and the fact that the reason needs."""

    invoice = serializers.CharField(max_length=64)
    line = serializers.IntegerField(min_value=1, max_value=10_000_000)
    reason_code = serializers.ChoiceField(choices=CODES)
    facts: serializers.Field[Any, Any, Any, Any] = serializers.DictField(
        child=serializers.CharField(max_length=255), default=dict
    )


class NewDispute(StrictBody):
    """Lines that are contested together, in the customer's words."""

    account = serializers.CharField(max_length=64)
    said = serializers.CharField(max_length=LONGEST)
    author = serializers.CharField(max_length=200, default="", allow_blank=True)
    ticket = serializers.CharField(max_length=100, default="", allow_blank=True)
    lines = serializers.ListField(child=ContestedLine(), min_length=1, max_length=LINES_MOST)


class NewMessage(StrictBody):
    """What the customer says."""

    body = serializers.CharField(max_length=LONGEST)
    author = serializers.CharField(max_length=200, default="", allow_blank=True)


class Withdrawal(StrictBody):
    """Which line is contested no more, and why."""

    line = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=500)
