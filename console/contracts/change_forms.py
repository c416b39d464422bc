"""The form of a change to a subscription: what is to change, and when. Shape only."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.catalogue.models import Plan
from billing.contracts.models import Subscription, SubscriptionPause
from billing.contracts.models.changes import ChangeTiming, SubscriptionVerb
from billing.whatif.operations.change_quotes import ChangeAsk
from console.shell.forms import ReasonField

_SWITCH = "switch"


class ChangeForm(forms.Form):
    """Another plan, cancel, pause or resume; with the quote that was seen."""

    what = forms.ChoiceField(
        label="What is to change",
        choices=[
            (_SWITCH, "Another plan"),
            (SubscriptionVerb.CANCEL.value, "Cancel"),
            (SubscriptionVerb.PAUSE.value, "Pause"),
            (SubscriptionVerb.RESUME.value, "Resume"),
        ],
    )
    plan = forms.ChoiceField(label="Plan to change to", required=False)
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

    def __init__(self, *args: Any, subscription: Subscription, **more: Any) -> None:
        super().__init__(*args, **more)
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
        if said.get("when") == ChangeTiming.DATE and not said.get("on"):
            self.add_error("on", "Say from which day on.")
        return said

    @property
    def ask(self) -> ChangeAsk:
        """What was asked, once the form is valid."""
        said = self.cleaned_data
        is_switch = said["what"] == _SWITCH
        return ChangeAsk(
            timing=ChangeTiming(said["when"]),
            kind=None if is_switch else SubscriptionVerb(said["what"]),
            to_plan=self._plans[said["plan"]] if is_switch else None,
            on=said["on"],
            cause=SubscriptionPause.Cause(said["cause"] or SubscriptionPause.Cause.CUSTOMER),
        )
