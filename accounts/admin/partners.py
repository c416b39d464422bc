"""Partners and their credentials. A secret is shown once, in the message after it was made."""

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from oauth2_provider.models import AccessToken, Application, Grant, IDToken, RefreshToken

from accounts.models import CredentialScope, Partner, PartnerCredential
from accounts.operations import partners
from accounts.operations.partners import IssuedCredential, PartnerTerms
from accounts.permissions import Permission
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin
from core.clock import now

# Their rows are made by issuing credentials and asking for tokens, and hold nothing to look at.
for _model in (AccessToken, Application, Grant, IDToken, RefreshToken):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)

REVOKE: Final = "revoke"
ROTATE: Final = "rotate"


@admin.register(Partner)
class PartnerAdmin(TrackedAdmin):
    permission_to_view = Permission.BILLING_READ
    permission_to_add = permission_to_change = Permission.CONFIGURE
    fields = (
        "name", "kind", "sources", "event_types",
        "reports_every_resource", "reportable_accounts",
        "reads_every_account", "readable_accounts",
    )  # fmt: skip
    list_display = ("name", "public_id", "kind", "reads_every_account")
    list_filter = ("kind",)
    search_fields = ("name", "public_id")
    ordering = ("name",)
    autocomplete_fields = ("readable_accounts", "reportable_accounts")

    def perform(self, request: HttpRequest, row: Partner, form: Any, change: bool) -> Partner:
        said = form.cleaned_data
        terms = PartnerTerms(
            name=said["name"],
            kind=said["kind"],
            sources=said["sources"],
            event_types=said["event_types"],
            reads_every_account=said["reads_every_account"],
            reports_every_resource=said["reports_every_resource"],
        )
        done: dict[str, Any] = {
            "terms": terms,
            "readable_accounts": said["readable_accounts"],
            "reportable_accounts": said["reportable_accounts"],
            "at": now(),
            "by": current_actor(),
            "reason": said["reason"],
        }
        return partners.revise(partner=row, **done) if change else partners.enrol(**done)


class NewCredentialForm(ReasonForm):
    """A credential about to be issued."""

    scopes = forms.MultipleChoiceField(
        choices=CredentialScope.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = PartnerCredential
        fields = ("partner", "label", "expires_at")


class EndCredentialForm(ReasonForm):
    """What can be done to a credential: end it now, or replace it with a day's overlap."""

    what = forms.ChoiceField(
        choices=[
            (ROTATE, "Rotate: issue a successor; this one works for another 24 hours"),
            (REVOKE, "Revoke now"),
        ],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = PartnerCredential
        fields = ()


@admin.register(PartnerCredential)
class PartnerCredentialAdmin(TrackedAdmin):
    permission_to_view = Permission.CREDENTIAL_READ
    permission_to_add = Permission.CONFIGURE
    permission_to_change = Permission.CREDENTIAL_REVOKE
    form = EndCredentialForm
    add_form = NewCredentialForm
    add_fields = ("partner", "label", "scopes", "expires_at")
    fields = (
        "public_id", "partner", "label", "scopes", "issued_at", "expires_at", "revoked_at",
    )  # fmt: skip
    readonly_fields = fields
    list_display = ("label", "partner", "public_id", "issued_at", "expires_at", "revoked_at")
    list_select_related = ("partner",)
    search_fields = ("label", "public_id", "partner__name")
    ordering = ("-issued_at", "pk")
    autocomplete_fields = ("partner",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets[:-1], ("End it", {"fields": ["what"]}), fieldsets[-1]]

    def perform(
        self, request: HttpRequest, row: PartnerCredential, form: Any, change: bool
    ) -> PartnerCredential:
        said = form.cleaned_data
        done: dict[str, Any] = {"at": now(), "by": current_actor(), "reason": said["reason"]}
        if not change:
            return self._shown(
                request,
                partners.issue_credential(
                    partner=said["partner"],
                    label=said["label"],
                    scopes=said["scopes"],
                    expires_at=said["expires_at"],
                    **done,
                ),
            )
        if said["what"] == REVOKE:
            return partners.revoke_credential(credential=row, **done)
        return self._shown(request, partners.rotate_credential(credential=row, **done))

    def _shown(self, request: HttpRequest, issued: IssuedCredential) -> PartnerCredential:
        messages.warning(
            request,
            f"Client id {issued.client_id}, secret {issued.client_secret}: copy them now, "
            "the secret is not shown again.",
        )
        return issued.credential
