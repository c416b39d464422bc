"""The forms of endpoints: shape only; what may be is said by the operations they lead to."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Partner
from console.shell.forms import ReasonField, instant_field
from console.shell.stamped_forms import MadeFrom
from eventing.audience import types_for
from eventing.models import WebhookDelivery, WebhookEndpoint
from eventing.models.webhooks import URL_LENGTH_MAX
from eventing.operations.endpoints import EndpointTerms

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class EndpointFields(forms.Form):
    """What an endpoint is."""

    url = forms.CharField(
        label="Address",
        max_length=URL_LENGTH_MAX,
        help_text="https://, port 443 or 8443, of the public internet.",
        widget=forms.TextInput(attrs=_PLAIN | {"inputmode": "url"}),
    )
    types = forms.CharField(
        label="Types of events",
        required=False,
        max_length=10_000,
        help_text="Such as invoice.issued, between commas. Empty: everything it may hear of.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    description = forms.CharField(label="What it is for", required=False, max_length=200)
    contact = forms.EmailField(
        label="Contact", required=False, help_text="Is written to when the endpoint is disabled."
    )
    signature = forms.ChoiceField(label="Signed", choices=WebhookEndpoint.Signature.choices)
    is_ordered = forms.BooleanField(
        label="In order: an event waits for the earlier ones of its subject", required=False
    )

    def clean_types(self) -> list[str]:
        """The names."""
        said: str = self.cleaned_data["types"]
        return [name for each in said.split(",") if (name := each.strip())]


class NewEndpoint(EndpointFields):
    """Whose endpoint it is, too."""

    partner = forms.ChoiceField(label="Whose it is", required=False)
    reason = ReasonField()

    field_order = ("partner", "url", "types", "description", "contact", "signature", "is_ordered")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        partners = Partner.objects.order_by("name").values_list("public_id", "name")
        self.fields["partner"].choices = [  # type: ignore[attr-defined]
            ("", "Ours: hears of everything"),
            *partners,
        ]


class ChangesEndpoint(MadeFrom, EndpointFields):
    """Change what is there."""

    reason = ReasonField()


class GivesReason(forms.Form):
    """Why."""

    reason = ReasonField()


class EndsSecret(GivesReason):
    """Which secret ends now."""

    secret = forms.ChoiceField(label="Secret")

    field_order = ("secret", "reason")

    def __init__(self, *args: Any, secrets: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["secret"].choices = secrets  # type: ignore[attr-defined]


class SendsExample(GivesReason):
    """An example of which type."""

    type = forms.ChoiceField(label="Type of event")

    field_order = ("type", "reason")

    def __init__(self, *args: Any, endpoint: WebhookEndpoint, **more: Any) -> None:
        super().__init__(*args, **more)
        wanted = endpoint.types or sorted(types_for(endpoint.partner))
        self.fields["type"].choices = [(each, each) for each in wanted]  # type: ignore[attr-defined]


class RecoversSince(GivesReason):
    """From when on."""

    since = instant_field("What happened since", "UTC.")

    field_order = ("since", "reason")


class Replays(GivesReason):
    """Which deliveries are sent again."""

    since = instant_field("What happened from", "UTC.")
    until = instant_field("Until", "UTC, not included.")
    outcome = forms.ChoiceField(
        label="What became of it",
        required=False,
        choices=[
            ("", "Whatever became of it"),
            *(each for each in WebhookDelivery.Outcome.choices if each[0] != "ended"),
        ],
    )
    type = forms.CharField(
        label="Type of event",
        required=False,
        max_length=100,
        help_text="Empty: all types.",
        widget=forms.TextInput(attrs=_PLAIN),
    )

    field_order = ("since", "until", "outcome", "type", "reason")


def terms_said(data: dict[str, Any]) -> EndpointTerms:
    """The terms a form holds."""
    return EndpointTerms(**{name: data[name] for name in EndpointTerms.__slots__})


def terms_shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """What the form begins with."""
    shown = {name: getattr(endpoint, name) for name in EndpointTerms.__slots__}
    return shown | {"types": ", ".join(endpoint.types)}
