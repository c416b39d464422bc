"""What a form of the page of a case does: one verb, of the case or of one of its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from django import forms
from django.contrib import messages

from billing.disputes.models import CaseMessage, DisputeCase, DisputeLine
from billing.disputes.operations import line_decisions, opening
from billing.disputes.operations.evidence_files import too_large
from billing.disputes.operations.line_decisions import LineGrant
from billing.disputes.operations.messages import customer_said, say
from billing.disputes.queries import cases
from billing.disputes.reason_codes import REASON_CODES
from console.disputes.case_steps import hand_over_step, priority_step
from console.disputes.forms import (
    GrantsLine,
    HandsOver,
    SaysInCase,
    SaysMoney,
    SaysWords,
    SetsPriority,
    StatesFact,
    WithdrawsLine,
)
from console.disputes.money_steps import let_pass_step, money_form, promise_step
from console.shell import formats
from console.shell.access import StaffRequest
from core.decimals import read_decimal
from core.errors import Invalid
from core.money import minor_exponent, to_minor
from core.uploads import fields_too_large


class NoSuchStep(Invalid):
    """The form says no step, or none that is known."""

    code = "dispute_step_unknown"
    title = "The form says no step"


class ActionForms:
    """The forms of a page: the one that was sent keeps what was typed, the others are empty."""

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        said = (data or {}).get("do", "")
        self.data = data
        self.verb, _, self.line = str(said).partition(":")
        self.sent: forms.Form | None = None

    def for_line(self, verb: str, line: DisputeLine, make: Callable[..., forms.Form]) -> forms.Form:
        """The form of a verb and line, bound where it was sent."""
        if self.sent is not None and (self.verb, self.line) == (verb, line.public_id):
            return self.sent
        return make()

    def for_case(self, suggestion: str) -> forms.Form:
        """The form of a message."""
        if isinstance(self.sent, SaysInCase):
            return self.sent
        return SaysInCase(initial={"words": suggestion}, auto_id="id_case_%s")

    def for_owner(self, case: DisputeCase) -> forms.Form:
        """The form that hands the case over."""
        if isinstance(self.sent, HandsOver):
            return self.sent
        owner = case.owner.public_id if case.owner else None
        return HandsOver(initial={"owner": owner}, auto_id="id_owner_%s")

    def for_priority(self, case: DisputeCase) -> forms.Form:
        """The form that says how urgent it is."""
        if isinstance(self.sent, SetsPriority):
            return self.sent
        return SetsPriority(initial={"priority": case.priority}, auto_id="id_priority_%s")

    def for_money(self, case: DisputeCase) -> forms.Form:
        """The form of what was said about money."""
        return self.sent if isinstance(self.sent, SaysMoney) else money_form(case)


def step(request: StaffRequest, case: DisputeCase, sent: ActionForms, *, at: datetime) -> bool:
    """Take the step of a form; false where the form is not valid, and nothing was saved.

    Raises: NoSuchStep, CaseNotFound, and what the operation raises.
    """
    if sent.verb in _OF_CASE:
        return _OF_CASE[sent.verb](request, case, sent, at)
    if sent.verb in _OF_LINE:
        line = cases.find_line(case, sent.line)
        return _OF_LINE[sent.verb](request, line, sent, at)
    raise NoSuchStep("Choose what to do with the buttons of the page.", field="do")


def fact_form(line: DisputeLine, zone: str, data: Mapping[str, Any] | None = None) -> StatesFact:
    """The form that says the fact of a line anew."""
    initial = {f"fact_{name}": value for name, value in line.facts.items()}
    return StatesFact(
        data,
        reason_code=REASON_CODES[line.reason_code],
        zone=zone,
        currency=line.currency,
        initial=initial,
        auto_id=f"id_{line.public_id}_fact_%s",
    )


def _says(audience: CaseMessage.Audience) -> Callable[..., bool]:
    def send(request: StaffRequest, case: DisputeCase, sent: ActionForms, at: datetime) -> bool:
        form = _said_in_case(request, sent)
        if not form.is_valid():
            return False
        body, file = form.cleaned_data["words"], form.sent_file()
        say(case=case, body=body, audience=audience, at=at, by=request.user.actor, file=file)
        return True

    return send


def _said_in_case(request: StaffRequest, sent: ActionForms) -> SaysInCase:
    """The form of a message. Raises: EvidenceTooLarge, where its file was over the limit."""
    form = sent.sent = SaysInCase(sent.data, request.FILES, auto_id="id_case_%s")
    if fields_too_large(request):
        raise too_large()
    return form


def _customer(request: StaffRequest, case: DisputeCase, sent: ActionForms, at: datetime) -> bool:
    form = _said_in_case(request, sent)
    if not form.is_valid():
        return False
    customer_said(
        case=case,
        body=form.cleaned_data["words"],
        author=case.account.name,
        at=at,
        by=request.user.actor,
        file=form.sent_file(),
    )
    return True


def _close(request: StaffRequest, case: DisputeCase, sent: ActionForms, at: datetime) -> bool:
    line_decisions.close(case=case, at=at, by=request.user.actor)
    messages.success(request, f"{case} is closed.")
    return True


def _reopen(request: StaffRequest, case: DisputeCase, sent: ActionForms, at: datetime) -> bool:
    reason = f"Opened again by {request.user}"
    line_decisions.reopen(case=case, at=at, by=request.user.actor, reason=reason)
    return True


def _take(request: StaffRequest, case: DisputeCase, sent: ActionForms, at: datetime) -> bool:
    line_decisions.hand_over(case=case, to=request.user, at=at, by=request.user.actor)
    return True


def _ask(request: StaffRequest, line: DisputeLine, sent: ActionForms, at: datetime) -> bool:
    form = sent.sent = SaysWords(sent.data, auto_id=f"id_{line.public_id}_ask_%s")
    if not form.is_valid():
        return False
    question, by = form.cleaned_data["words"], request.user.actor
    line_decisions.ask_customer(line=line, question=question, at=at, by=by)
    return True


def _deny(request: StaffRequest, line: DisputeLine, sent: ActionForms, at: datetime) -> bool:
    form = sent.sent = SaysWords(sent.data, auto_id=f"id_{line.public_id}_deny_%s")
    if not form.is_valid():
        return False
    line_decisions.deny(line=line, words=form.cleaned_data["words"], at=at, by=request.user.actor)
    messages.success(request, "Denied; nothing of it is held any more.")
    return True


def _withdraw(request: StaffRequest, line: DisputeLine, sent: ActionForms, at: datetime) -> bool:
    form = sent.sent = WithdrawsLine(sent.data, auto_id=f"id_{line.public_id}_withdraw_%s")
    if not form.is_valid():
        return False
    reason, by = form.cleaned_data["reason"], request.user.actor
    line_decisions.withdraw(line=line, at=at, by=by, reason=reason)
    return True


def _fact(request: StaffRequest, line: DisputeLine, sent: ActionForms, at: datetime) -> bool:
    zone = (line.charged.corrects or line.charged.invoice).zone
    form = fact_form(line, zone, sent.data)
    sent.sent = form
    if not form.is_valid():
        return False
    opening.state_fact(
        line=line,
        facts=form.facts(),
        at=at,
        by=request.user.actor,
        reason=form.cleaned_data["reason"],
    )
    return True


def _propose(request: StaffRequest, line: DisputeLine, sent: ActionForms, at: datetime) -> bool:
    form = sent.sent = GrantsLine(sent.data, auto_id=f"id_{line.public_id}_propose_%s")
    if not form.is_valid():
        return False
    said = form.cleaned_data
    grant = LineGrant(_amount(said["amount"], line.currency), said["way"], said["seen"])
    made = line_decisions.propose(
        line=line, grant=grant, at=at, by=request.user, reason=said["reason"]
    )
    assert made.amount is not None  # a line is money
    amount = formats.money_text(made.amount)
    messages.success(request, f"{amount} was put forward. Another person decides.")
    return True


def _amount(text: str, currency: str) -> int | None:
    if not text.strip():
        return None
    scale = minor_exponent(currency)
    number = read_decimal(text.strip(), max_digits=18, scale=scale, field="amount")
    return to_minor(Fraction(number), currency)


_Case = Callable[[StaffRequest, DisputeCase, ActionForms, datetime], bool]
_Line = Callable[[StaffRequest, DisputeLine, ActionForms, datetime], bool]

_OF_CASE: Final[Mapping[str, _Case]] = {
    "send": _says(CaseMessage.Audience.CUSTOMER),
    "note": _says(CaseMessage.Audience.INTERNAL),
    "heard": _customer,
    "close": _close,
    "reopen": _reopen,
    "take": _take,
    "hand-over": hand_over_step,
    "priority": priority_step,
    "promise": promise_step,
    "let-pass": let_pass_step,
}
_OF_LINE: Final[Mapping[str, _Line]] = {
    "ask": _ask,
    "deny": _deny,
    "withdraw": _withdraw,
    "fact": _fact,
    "propose": _propose,
}
