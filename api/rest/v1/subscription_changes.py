"""Changing subscriptions over REST: a quote of what it would come to, and carrying that out.

For people's own programs, with the permission of whoever maintains accounts. A quote is carried out
only while it comes to the same; the refusal names a new one.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.permissions import Permission, permitted
from api.preconditions import PreconditionFailed
from api.rest.doors import RestDoor
from api.rest.resources import refuse_unknown
from api.rest.staff_documents import seen_of, stamped
from api.rest.v1.payment_bodies import StrictBody
from api.rest.values import money_answer
from api.staff import ReadsBilling, RoleMissing, StaffAuthentication, person_of
from billing.catalogue.models import Plan
from billing.contracts.models import Subscription, SubscriptionChange, SubscriptionPause
from billing.contracts.models.changes import ChangeTiming, SubscriptionVerb
from billing.contracts.models.seats import SEATS_MAX
from billing.contracts.operations import changes
from billing.contracts.operations.changes import ChangeInvalid
from billing.contracts.queries.changes import changes_of_subscription
from billing.whatif.models import ChangeQuote
from billing.whatif.operations import change_quotes
from billing.whatif.operations.change_quotes import ChangeAsk
from billing.whatif.queries.change_quotes import quotes_of, told_fees
from core.clock import now
from core.errors import NotFound

_SWITCH: Final = "switch"
_SEATS: Final = "seats"
_ANSWER: Final[dict[str, Any]] = {"type": "object"}


class AskBody(StrictBody):
    """What is to change (`switch` to a plan, so many `seats`, `transfer` to an account, cancel,
    pause, resume, reactivate), and when.
    """

    what = serializers.ChoiceField(
        choices=[
            _SWITCH,
            _SEATS,
            SubscriptionVerb.CANCEL.value,
            SubscriptionVerb.PAUSE.value,
            SubscriptionVerb.RESUME.value,
            SubscriptionVerb.REACTIVATE.value,
            SubscriptionVerb.TRANSFER.value,
        ]
    )
    price = serializers.CharField(max_length=64, default="", allow_blank=True)
    quantity = serializers.IntegerField(
        min_value=0, max_value=SEATS_MAX, default=None, allow_null=True
    )
    account = serializers.CharField(max_length=64, default="", allow_blank=True)
    plan = serializers.CharField(max_length=64, default="", allow_blank=True)
    when = serializers.ChoiceField(choices=ChangeTiming.choices)
    on = serializers.DateField(default=None, allow_null=True)
    cause = serializers.ChoiceField(
        choices=SubscriptionPause.Cause.choices, default=SubscriptionPause.Cause.CUSTOMER
    )


class WhyBody(StrictBody):
    """Why."""

    reason = serializers.CharField(max_length=500)


class _ChangeDoor(RestDoor):
    authentication_classes = (StaffAuthentication,)
    permission_classes = (ReadsBilling,)

    def said(self, request: Request, body: type[StrictBody]) -> dict[str, Any]:
        """What was sent, by somebody who may. Raises: RoleMissing, and what the body refuses."""
        refuse_unknown(request, ())
        if not permitted(person_of(request), Permission.ACCOUNTS_MAINTAIN):
            raise RoleMissing("Subscriptions are changed by who maintains accounts.")
        read = body(data=request.data)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)


class SubscriptionQuotes(_ChangeDoor):
    """Quotes of one subscription."""

    @extend_schema(
        operation_id="subscription_change_quote", request=AskBody, responses={201: _ANSWER}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """What a change would come to, kept as a quote."""
        said = self.said(request, AskBody)
        subscription = _subscription(public_id)
        is_switch, is_seats = said["what"] == _SWITCH, said["what"] == _SEATS
        is_transfer = said["what"] == SubscriptionVerb.TRANSFER
        to = Account.objects.filter(public_id=said["account"]).first() if is_transfer else None
        if is_transfer and to is None:
            raise NotFound("There is no such account.", field="account")
        if is_seats and said["quantity"] is None:
            raise ChangeInvalid("Say how many seats there are from then on.", field="quantity")
        plan = Plan.objects.filter(public_id=said["plan"]).first() if is_switch else None
        if is_switch and plan is None:
            raise NotFound("There is no such plan.", field="plan")
        ask = ChangeAsk(
            timing=ChangeTiming(said["when"]),
            kind=None if is_switch or is_seats else SubscriptionVerb(said["what"]),
            to_plan=plan,
            on=said["on"],
            cause=SubscriptionPause.Cause(said["cause"]),
            price_code=said["price"] if is_seats else "",
            quantity=said["quantity"] if is_seats else None,
            to_account=to,
        )
        made = change_quotes.quote(
            subscription=subscription, ask=ask, at=now(), by=person_of(request).actor
        )
        return stamped(_quote(made), made.digest, status=201)

    @extend_schema(operation_id="subscription_change_quotes", responses={200: _ANSWER})
    def get(self, request: Request, public_id: str) -> Response:
        """The last quotes, the newest first."""
        refuse_unknown(request, ())
        return Response({"quotes": [_quote(each) for each in quotes_of(_subscription(public_id))]})


class OneChangeQuote(_ChangeDoor):
    """A quote."""

    @extend_schema(operation_id="subscription_change_quote_detail", responses={200: _ANSWER})
    def get(self, request: Request, public_id: str) -> Response:
        """What was quoted; its ETag is the digest of that."""
        refuse_unknown(request, ())
        found = _any_quote(public_id)
        return stamped(_quote(found), found.digest)


class QuoteExecution(_ChangeDoor):
    """Carrying a quote out."""

    @extend_schema(
        operation_id="subscription_change_execute", request=WhyBody, responses={201: _ANSWER}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Do what was quoted, or leave it waiting for its day; 409 where it comes to something
        else, with a new quote. An `If-Match`, where there is one, is the ETag of the quote."""
        said = self.said(request, WhyBody)
        found = _any_quote(public_id)
        if "If-Match" in request.headers and seen_of(request) != found.digest:
            raise PreconditionFailed("The quote says something else than what you read.")
        made = change_quotes.execute(
            quote=found, at=now(), by=person_of(request).actor, reason=said["reason"]
        )
        return Response(_change(made), status=201)


class ChangeWithdrawal(_ChangeDoor):
    """Taking a change back."""

    @extend_schema(
        operation_id="subscription_change_withdraw", request=WhyBody, responses={200: _ANSWER}
    )
    def post(self, request: Request, public_id: str) -> Response:
        """Withdraw a change that waits for its day."""
        said = self.said(request, WhyBody)
        found = SubscriptionChange.objects.filter(public_id=public_id).first()
        if found is None:
            raise NotFound("There is no such change.")
        changes.withdraw(change=found, at=now(), by=person_of(request).actor, reason=said["reason"])
        return Response(_change(SubscriptionChange.objects.get(pk=found.pk)))


class SubscriptionChanges(_ChangeDoor):
    """What changes about a subscription."""

    @extend_schema(operation_id="subscription_changes", responses={200: _ANSWER})
    def get(self, request: Request, public_id: str) -> Response:
        """The last changes, the newest first, with what became of each."""
        refuse_unknown(request, ())
        found = changes_of_subscription(_subscription(public_id))
        return Response({"changes": [_change(each) for each in found]})


def _subscription(public_id: str) -> Subscription:
    rows = Subscription.objects.select_related("account", "plan")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise NotFound("There is no such subscription.")
    return found


def _any_quote(public_id: str) -> ChangeQuote:
    rows = ChangeQuote.objects.select_related("subscription__account", "to_plan", "to_account")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise NotFound("There is no such quote.")
    return found


def _quote(quote: ChangeQuote) -> dict[str, Any]:
    return {
        "id": quote.public_id,
        "subscription": quote.subscription.public_id,
        "kind": quote.kind,
        "price": quote.price_code,
        "quantity": quote.quantity,
        "effective_at": quote.effective_at,
        "expires_at": quote.expires_at,
        "digest": quote.digest,
        "periods": [
            {
                "from": each.start,
                "until": each.end,
                "before": money_answer(each.before_total),
                "after": money_answer(each.after_total),
            }
            for each in told_fees(quote)
        ],
    }


def _change(change: SubscriptionChange) -> dict[str, Any]:
    outcome = getattr(change, "outcome", None)
    return {
        "id": change.public_id,
        "subscription": change.subscription.public_id,
        "kind": change.kind,
        "price": change.price_code,
        "quantity": change.quantity,
        "effective_at": change.effective_at,
        "state": outcome.outcome if outcome is not None else "waiting",
    }
