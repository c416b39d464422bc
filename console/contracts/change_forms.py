"""The form of a change to a subscription: what is to change, and when. Shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from accounts.models import Account
from billing.catalogue.models import Plan
from billing.contracts.models import Subscription, SubscriptionPause
from billing.contracts.models.changes import ChangeTiming, SubscriptionVerb
from billing.contracts.models.seats import SEATS_MAX
from billing.whatif.operations.change_quotes import ChangeAsk
from console.shell.forms import ReasonField

_SWITCH, _SEATS = "switch", "seats"

_WHATS: Final = (
    (_SWITCH, "Another plan"),
    (_SEATS, "So many seats"),
    (SubscriptionVerb.CANCEL.value, "Cancel"),
    (SubscriptionVerb.PAUSE.value, "Pause"),
    (SubscriptionVerb.RESUME.value, "Resume"),
    (SubscriptionVerb.REACTIVATE.value, "Reactivate"),
    (SubscriptionVerb.TRANSFER.value, "Transfer to another account"),
)


class ChangeForm(forms.Form):
    """Another plan, cancel, pause or resume; with the quote that was seen."""

    what = forms.ChoiceField(
        label="What is to change",
        choices=_WHATS,
    )
    plan = forms.ChoiceField(label="Plan to change to", required=False)
    seats = forms.ChoiceField(label="Seats of", required=False)
    quantity = forms.IntegerField(
        label="Seats from then on", required=False, min_value=0, max_value=SEATS_MAX
    )
    account = forms.CharField(
        label="Account to transfer to",
        required=False,
        max_length=64,
        help_text="Its id, acc_… It pays from then on.",
    )
    when = forms.ChoiceField(label="When", choices=ChangeTiming.choices)
    on = forms.DateField(
        label="On the day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Where it takes effect on a date; it begins with that day of the account.",
    )
    cause = forms.ChoiceField(
        label="Cause of the pause", required=False, choices=SubscriptionPause.Cause.choices
    )
    reason = ReasonField()

    def __init__(
        self,
        *args: Any,
        subscription: Subscription,
        seats: Sequence[tuple[str, str]],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self._to_account: Account | None = None
        if seats:
            of_seats = self.fields["seats"]
            assert isinstance(of_seats, forms.ChoiceField)
            of_seats.choices = list(seats)
        else:
            del self.fields["seats"], self.fields["quantity"]
            what = self.fields["what"]
            assert isinstance(what, forms.ChoiceField)
            what.choices = [each for each in _WHATS if each[0] != _SEATS]
        plans = Plan.objects.filter(
            currency=subscription.plan.currency, retired_at__isnull=True
        ).exclude(pk=subscription.plan_id)
        self._plans = {plan.public_id: plan for plan in plans.order_by("name", "pk")[:500]}
        field = self.fields["plan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "choose"), *((pk, plan.name) for pk, plan in self._plans.items())]

    def clean(self) -> dict[str, Any]:
        """A change of plan names the plan."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("what") == _SWITCH and not said.get("plan"):
            self.add_error("plan", "Choose the plan to change to.")
        if said.get("what") == _SEATS and said.get("quantity") is None:
            self.add_error("quantity", "Say how many seats there are from then on.")
        if said.get("what") == SubscriptionVerb.TRANSFER:
            named = said.get("account", "").strip()
            self._to_account = Account.objects.filter(public_id=named).first()
            if self._to_account is None:
                self.add_error("account", "There is no account with this id.")
        if said.get("when") == ChangeTiming.DATE and not said.get("on"):
            self.add_error("on", "Say from which day on.")
        return said

    @property
    def ask(self) -> ChangeAsk:
        """What was asked, once the form is valid."""
        said = self.cleaned_data
        is_switch, is_seats = said["what"] == _SWITCH, said["what"] == _SEATS
        return ChangeAsk(
            timing=ChangeTiming(said["when"]),
            kind=None if is_switch or is_seats else SubscriptionVerb(said["what"]),
            to_plan=self._plans[said["plan"]] if is_switch else None,
            on=said["on"],
            cause=SubscriptionPause.Cause(said["cause"] or SubscriptionPause.Cause.CUSTOMER),
            price_code=said["seats"] if is_seats else "",
            quantity=said["quantity"] if is_seats else None,
            to_account=self._to_account,
        )
