"""/api/v1/rules: what finance sets, for the programs of its people: bounds, numbers, payments.

The operations and permissions are those of *Finance → Rules* in the console. Every change is a new
version beside the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from api.rest.resources import refuse_unknown
from api.rest.staff_documents import (
    INSTANT_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    WHOLE_OR_NULL,
    StaffDocument,
    seen_of,
    shape_of,
    stamped,
)
from api.rest.v1.rule_bodies import BoundsBody, NumberingBody, RuleBody
from billing.invoicing.models import SanityPolicy
from billing.invoicing.operations import gates
from billing.invoicing.operations.gates import SanityBounds, SanityPolicyInvalid
from billing.invoicing.operations.numbering import SeriesNotFound, number_by_year
from billing.invoicing.queries.bounds import bounds_stamp
from billing.invoicing.queries.gates import policies_in_force
from billing.invoicing.queries.numbering import SeriesShown, changes_of_series, series_shown
from billing.receivables.models import RuleVersion
from billing.receivables.operations import rule_versions
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.rule_versions import (
    RuleInForce,
    RuleSubject,
    house_document,
    last_version,
    rules_in_force,
)
from core.clock import now
from core.decimals import decimal_text
from core.errors import NotFound
from core.money import Money, is_currency_code

_BILLS: Final = (Permission.BILLING_RULES_CHANGE, Permission.BILLING_RULES_READ)
_PAYMENTS: Final = (Permission.PAYMENT_RULES_CHANGE, Permission.PAYMENT_RULES_READ)

BOUNDS: Final = shape_of(
    currency=TEXT, line=TEXT_OR_NULL, invoice=TEXT_OR_NULL, run=TEXT_OR_NULL,
    times_usual=TEXT_OR_NULL, times_forecast=TEXT_OR_NULL, usual_from=TEXT_OR_NULL,
    set_at=INSTANT_OR_NULL, set_by=TEXT_OR_NULL, reason=TEXT_OR_NULL,
)  # fmt: skip
SERIES: Final = shape_of(
    prefix=TEXT, name=TEXT, yearly_from=WHOLE_OR_NULL, next_number=TEXT, first_of_next_year=TEXT
)
RULE: Final = shape_of(
    subject=TEXT, code=TEXT, number={"type": "integer", "description": "0 is the house's own."},
    document={"type": "object"}, effective_from=INSTANT_OR_NULL, made_at=INSTANT_OR_NULL,
    made_by=TEXT_OR_NULL, reason=TEXT_OR_NULL,
)  # fmt: skip


def _list_of(shape: Mapping[str, Any]) -> dict[str, Any]:
    return shape_of(data={"type": "array", "items": shape})


class AllBounds(StaffDocument):
    """The bounds of every currency that has any."""

    reads, writes = _BILLS, Permission.BILLING_RULES_CHANGE

    @extend_schema(operation_id="rules_bounds_list", responses={200: _list_of(BOUNDS)})
    def get(self, request: Request) -> Response:
        """What holds now."""
        refuse_unknown(request, ())
        policies = sorted(policies_in_force().items())
        return Response({"data": [_bounds(currency, policy) for currency, policy in policies]})


class CurrencyBounds(StaffDocument):
    """The bounds of bills in one currency."""

    reads, writes = _BILLS, Permission.BILLING_RULES_CHANGE

    @extend_schema(operation_id="rules_bounds_detail", responses={200: BOUNDS})
    def get(self, request: Request, currency: str) -> Response:
        """What holds now; nulls where nothing is bounded."""
        refuse_unknown(request, ())
        return self._answer(_known(currency))

    @extend_schema(operation_id="rules_bounds_set", request=BoundsBody, responses={200: BOUNDS})
    def put(self, request: Request, currency: str) -> Response:
        """Put others in force, made from what `If-Match` names."""
        body = BoundsBody(data=request.data, context={"currency": _known(currency)})
        actor, said = self.said_in(request, body)
        try:
            gates.set_policy(
                currency=currency,
                bounds=_bounds_said(said),
                at=now(),
                by=actor,
                reason=said["reason"],
                made_from=seen_of(request),
            )
        except SanityPolicyInvalid as refused:
            field = (refused.field or "").removesuffix("_minor").removesuffix("_max")
            raise SanityPolicyInvalid(refused.message, field=field) from None
        return self._answer(currency)

    def _answer(self, currency: str) -> Response:
        policy = policies_in_force().get(currency)
        return stamped(_bounds(currency, policy), bounds_stamp(policy))


def _known(currency: str) -> str:
    """Raises: NotFound."""
    if currency != currency.upper() or not is_currency_code(currency):
        raise NotFound("There is no such currency.")
    return currency


def _bounds_said(said: Mapping[str, Any]) -> SanityBounds:
    return SanityBounds(
        line_max_minor=said["line"],
        invoice_max_minor=said["invoice"],
        run_max_minor=said["run"],
        times_usual=said.get("times_usual"),
        times_forecast=said.get("times_forecast"),
        usual_from_minor=said["usual_from"] or 0,
    )


def _bounds(currency: str, policy: SanityPolicy | None) -> dict[str, Any]:
    def units(minor: int | None) -> str | None:
        return None if minor is None else str(Money.from_minor(minor, currency).amount)

    def times(factor: Decimal | None) -> str | None:
        return None if factor is None else decimal_text(factor)

    row = policy or SanityPolicy(currency=currency)
    return {
        "currency": currency,
        "line": units(row.line_max_minor),
        "invoice": units(row.invoice_max_minor),
        "run": units(row.run_max_minor),
        "times_usual": times(row.times_usual),
        "times_forecast": times(row.times_forecast),
        "usual_from": units(row.usual_from_minor) if policy else None,
        "set_at": row.set_at,
        "set_by": row.set_by or None,
        "reason": row.reason or None,
    }


class Numbers(StaffDocument):
    """How one series of documents is numbered."""

    reads, writes = _BILLS, Permission.BILLING_RULES_CHANGE

    @extend_schema(operation_id="rules_numbers_detail", responses={200: SERIES})
    def get(self, request: Request, prefix: str) -> Response:
        """The series, and what comes next."""
        refuse_unknown(request, ())
        return self._answer(prefix)

    @extend_schema(operation_id="rules_numbers_set", request=NumberingBody, responses={200: SERIES})
    def put(self, request: Request, prefix: str) -> Response:
        """Have it begin anew each year from one on, or go on; made from what `If-Match` names."""
        actor, said = self.said_in(request, NumberingBody(data=request.data))
        number_by_year(
            prefix=_series(prefix).prefix,
            yearly_from=said.get("yearly_from"),
            at=now(),
            by=actor,
            reason=said["reason"],
            made_from=seen_of(request),
        )
        return self._answer(prefix)

    def _answer(self, prefix: str) -> Response:
        found = _series(prefix)
        document = {
            "prefix": found.prefix,
            "name": found.name,
            "yearly_from": found.yearly_from,
            "next_number": found.next_number,
            "first_of_next_year": found.first_of_next_year,
        }
        return stamped(document, str(len(changes_of_series(prefix))))


def _series(prefix: str) -> SeriesShown:
    """Raises: SeriesNotFound."""
    found = next((each for each in series_shown(at=now()) if each.prefix == prefix), None)
    if found is None:
        raise SeriesNotFound(f"There is no series {prefix[:40]!r}.")
    return found


class PaymentRules(StaffDocument):
    """The rules of payments that hold: bank formats, matching, use of free money, dunning."""

    reads, writes = _PAYMENTS, Permission.PAYMENT_RULES_CHANGE

    @extend_schema(operation_id="rules_payments_list", responses={200: _list_of(RULE)})
    def get(self, request: Request) -> Response:
        """Every rule with what holds of it now."""
        refuse_unknown(request, ())
        return Response({"data": [_rule(each) for each in rules_in_force(at=now())]})


class PaymentRule(StaffDocument):
    """One rule; `code` is a bank format's name, or a kind of account, empty for all others."""

    reads, writes = _PAYMENTS, Permission.PAYMENT_RULES_CHANGE

    @extend_schema(operation_id="rules_payments_detail", responses={200: RULE})
    def get(self, request: Request, subject: str, code: str = "") -> Response:
        """Its last version, in force or to come."""
        refuse_unknown(request, ())
        return self._answer(_subject(subject), code)

    @extend_schema(operation_id="rules_payments_define", request=RuleBody, responses={200: RULE})
    def put(self, request: Request, subject: str, code: str = "") -> Response:
        """Make the next version, from the one that `If-Match` names."""
        found = _subject(subject)
        actor, said = self.said_in(request, RuleBody(data=request.data))
        rule_versions.define(
            subject=found,
            code=code,
            document=said["document"],
            effective_from=said.get("effective_from"),
            made_from=seen_of(request),
            recorded=Recorded(now(), actor, said["reason"]),
        )
        return self._answer(found, code)

    def _answer(self, subject: RuleSubject, code: str) -> Response:
        last = last_version(subject, code)
        document = _rule(RuleInForce(subject, code, last))
        if last is None and not document["document"]:
            raise NotFound("There is no such rule.")
        return stamped(document, str(last.number if last else 0))


class PaymentRuleOf(PaymentRule):
    """The rule of a bank format, or of a kind of account."""

    @extend_schema(operation_id="rules_payments_of_detail", responses={200: RULE})
    def get(self, request: Request, subject: str, code: str = "") -> Response:
        """Its last version, in force or to come."""
        return super().get(request, subject, code)

    @extend_schema(operation_id="rules_payments_of_define", request=RuleBody, responses={200: RULE})
    def put(self, request: Request, subject: str, code: str = "") -> Response:
        """Make the next version, from the one that `If-Match` names."""
        return super().put(request, subject, code)


def _subject(text: str) -> RuleSubject:
    """Raises: NotFound."""
    if text not in RuleSubject.values:
        raise NotFound(f"A rule is one of {', '.join(RuleSubject.values)}.")
    return RuleSubject(text)


def _rule(rule: RuleInForce) -> dict[str, Any]:
    row = rule.version or RuleVersion(number=0, document=house_document(rule.subject, rule.code))
    return {
        "subject": rule.subject.value,
        "code": rule.code,
        "number": row.number,
        "document": row.document,
        "effective_from": row.effective_from,
        "made_at": row.made_at,
        "made_by": row.made_by or None,
        "reason": row.reason or None,
    }
