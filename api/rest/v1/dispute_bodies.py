"""What is sent to the addresses of disputes, and the case it asks for: every field is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers

from accounts.models import Account
from api.rest.resources import account_named
from api.rest.v1.payment_bodies import StrictBody
from api.tokens import PartnerPrincipal
from billing.disputes.contested import ContestedTarget
from billing.disputes.models import DisputeCase
from billing.disputes.operations.messages import LONGEST
from billing.disputes.operations.opening import NewCase, NewLine
from billing.disputes.queries.resources_named import resource_named
from billing.disputes.reason_codes import CODES
from billing.disputes.targets import late_of, some_days, whole
from billing.invoicing.models import Invoice, InvoiceLine
from core.errors import NotFound

LINES_MOST: Final = 50


class ContestedLine(StrictBody):
    """What of an issued invoice is contested, why, and the fact that the reason needs.

    A `line`, or `late_charge`, the key of a charge that has late usage. `days_from` to `days_until`
    (half-open, of the account's own calendar) are some days of a line; `resource` says whose where
    the line sums up more.
    """

    invoice = serializers.CharField(max_length=64)
    line = serializers.IntegerField(min_value=1, max_value=10_000_000, required=False)
    late_charge = serializers.CharField(max_length=300, required=False)
    days_from = serializers.DateField(required=False)
    days_until = serializers.DateField(required=False)
    resource = serializers.CharField(max_length=255, required=False)
    reason_code = serializers.ChoiceField(choices=CODES)
    facts: serializers.Field[Any, Any, Any, Any] = serializers.DictField(
        child=serializers.CharField(max_length=255), default=dict
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One target, wholly said."""
        if ("line" in attrs) == ("late_charge" in attrs):
            raise serializers.ValidationError({"line": "Say a line, or a late_charge."})
        if ("days_from" in attrs) != ("days_until" in attrs):
            raise serializers.ValidationError({"days_until": "Say both ends of the days."})
        if "days_from" in attrs and "line" not in attrs:
            raise serializers.ValidationError({"days_from": "Days are those of a line."})
        if "resource" in attrs and "days_from" not in attrs:
            raise serializers.ValidationError({"resource": "It is said of days only."})
        return attrs


class FurtherLine(StrictBody):
    """Something else that is contested in an open dispute, and why in it."""

    line = ContestedLine()
    reason = serializers.CharField(max_length=500)


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


def new_case(principal: PartnerPrincipal, said: Mapping[str, Any]) -> NewCase:
    """The case that a NewDispute asks for. Raises: NotFound."""
    account = account_named(principal, said["account"])
    return NewCase(
        account=account,
        said=said["said"],
        lines=[new_line(account, each) for each in said["lines"]],
        channel=DisputeCase.Channel.API,
        ticket=said["ticket"],
        customer=said["author"],
    )


def new_line(account: Account, said: Mapping[str, Any]) -> NewLine:
    """The line that a ContestedLine asks for. Raises: NotFound, FactNotOfLine."""
    return NewLine(_target(account, said), said["reason_code"], said["facts"])


def _target(account: Account, said: Mapping[str, Any]) -> ContestedTarget:
    """What an account contests. Raises: NotFound, ResourceNotTheirs, FactNotOfLine."""
    if "late_charge" in said:
        return late_of(_invoice(account, said["invoice"]), said["late_charge"])
    rows = InvoiceLine.objects.select_related(
        "invoice__account", "price__meter", "resource", "corrects"
    )
    invoice = _invoice(account, said["invoice"])
    line = rows.filter(invoice=invoice, position=said["line"]).first()
    if line is None:
        raise _no_such_line()
    if "days_from" not in said:
        return whole(line)
    named = said.get("resource", "")
    resource = resource_named(account, named) if named else None
    return some_days(line, (said["days_from"], said["days_until"]), resource)


def _invoice(account: Account, ref: str) -> Invoice:
    """An issued invoice of an account, by its number or id. Raises: NotFound."""
    field = "public_id" if ref.startswith("inv_") else "number"
    rows = Invoice.objects.filter(account=account, state=Invoice.State.ISSUED, **{field: ref})
    found = rows.select_related("account", "consolidated_on").first()
    if found is None:
        raise _no_such_line()
    return found


def _no_such_line() -> NotFound:
    return NotFound("The account has no such line of an issued invoice.", field="lines")
