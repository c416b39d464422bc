"""Forms of limits on spending. Shape only, the kind judges."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from accounts.models import Account, Resource
from billing.spending.models import SpendingLimit
from console.contracts.wishing import WishForm
from console.shell.forms import ReasonField

APPS_OFFERED = 200


class LimitForm(WishForm):
    """A budget or a limit of an account, or of one of its apps."""

    kind: ClassVar[str] = "spending_limit"

    does = forms.ChoiceField(
        label="At its amount",
        choices=[("stops", "the platform is told to stop"), ("tells", "people are told only")],
    )
    amount = forms.CharField(
        label="Amount of a billing period",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    app = forms.ChoiceField(label="Of", required=False)
    marks = forms.CharField(
        label="Told at, in per cent",
        required=False,
        max_length=80,
        help_text="Comma between; empty is 80 and 100.",
    )
    pace_percent = forms.IntegerField(
        label="Told at a pace of, in per cent",
        required=False,
        min_value=101,
        max_value=1000,
        help_text="Of an even pace through the period, such as 150; empty: not told.",
    )
    reason = ReasonField()

    def __init__(self, *args: Any, account: Account, **more: Any) -> None:
        super().__init__(*args, **more)
        self.account = account
        self.fields["amount"].help_text = f"In {account.currency}, before tax."
        field = self.fields["app"]
        assert isinstance(field, forms.ChoiceField)
        rows = Resource.objects.filter(
            ownerships__account=account, ownerships__owned_until__isnull=True, kind="app"
        )
        offered = rows.order_by("name").values_list("public_id", "name")[:APPS_OFFERED]
        field.choices = [("", f"all of {account.name}"), *offered]

    def payload(self) -> dict[str, Any]:
        """What was asked, once the form is valid."""
        said = self.cleaned_data
        wish = {
            "account": self.account.public_id,
            "amount": said["amount"].strip(),
            "stops": said["does"] == "stops",
            "resource": said["app"],
            "marks": [each.strip() for each in said["marks"].split(",") if each.strip()],
            "pace_percent": said["pace_percent"],
        }
        # What is left empty is not said at all.
        return {name: value for name, value in wish.items() if value not in (None, "", [])}


class EndLimitForm(WishForm):
    """End a limit."""

    kind: ClassVar[str] = "spending_limit"

    reason = ReasonField()

    def __init__(self, *args: Any, limit: SpendingLimit, **more: Any) -> None:
        super().__init__(*args, **more)
        self.limit = limit

    def payload(self) -> dict[str, Any]:
        """What was asked."""
        return {"end": self.limit.public_id}
