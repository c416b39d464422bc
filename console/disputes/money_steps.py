"""Steps of a case about money that was said: keep it, or let a bill pass that does not keep it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, Protocol

from django import forms
from django.contrib import messages

from billing.disputes.models import DisputeCase, MoneyPromise
from billing.disputes.operations import money_promises
from billing.disputes.operations.money_promises import SaidOfMoney
from billing.disputes.queries.money_promises import find_promise
from console.disputes.forms import ReasonedStep, SaysMoney
from console.shell.access import StaffRequest
from core.decimals import read_decimal
from core.money import Money, minor_exponent, to_minor


class SentStep(Protocol):
    """A form of the page that was sent: its data, and what follows the verb."""

    data: Mapping[str, Any] | None
    line: str
    sent: forms.Form | None


def money_form(case: DisputeCase, data: Mapping[str, Any] | None = None) -> SaysMoney:
    """The form that keeps what was said, in the currencies of the case."""
    currencies = sorted({line.currency for line in case.lines.all()})
    return SaysMoney(data, currencies=currencies, auto_id="id_money_%s")


def promise_step(request: StaffRequest, case: DisputeCase, sent: SentStep, at: datetime) -> bool:
    """Keep what was said. Raises: what the operation raises."""
    form = sent.sent = money_form(case, sent.data)
    if not form.is_valid():
        return False
    said = form.cleaned_data
    scale = minor_exponent(said["currency"])
    number = read_decimal(said["amount"].strip(), max_digits=18, scale=scale, field="amount")
    amount = Money.from_minor(to_minor(Fraction(number), said["currency"]), said["currency"])
    kept = SaidOfMoney(MoneyPromise.Kind(said["kind"]), amount, said["words"], said["said_to"])
    money_promises.promise(case=case, said=kept, at=at, by=request.user.actor)
    messages.success(request, "Kept. The next bill of the account is checked against it.")
    return True


def let_pass_step(request: StaffRequest, case: DisputeCase, sent: SentStep, at: datetime) -> bool:
    """Let a bill pass that does not keep it. Raises: what the operation raises."""
    reason = ReasonedStep(sent.data).said()
    said = find_promise(case, sent.line)
    money_promises.let_pass(said=said, at=at, by=request.user.actor, reason=reason)
    return True
