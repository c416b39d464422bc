"""Resources and who owned them when."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest

from accounts.models import Account, Resource, ResourceOwnership
from accounts.operations import resources
from accounts.operations.resources import NewResource
from accounts.permissions import Permission
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin
from core.admin_forms import SplitInstantField


class NewResourceForm(ReasonForm):
    """A resource with its first owner."""

    owner = forms.ModelChoiceField(
        Account.objects.all(), to_field_name="public_id", widget=forms.TextInput,
        help_text="Public id of the account, such as acc_…",
    )  # fmt: skip
    owned_from = SplitInstantField(widget=AdminSplitDateTime)

    class Meta:
        model = Resource
        fields = ("platform_id", "kind", "name", "parent", "provider")


@admin.register(Resource)
class ResourceAdmin(TrackedAdmin):
    permission_to_add = permission_to_change = Permission.ACCOUNTS_MAINTAIN
    console_path = "/resources/{public_id}/"
    add_form = NewResourceForm
    add_fields = ("platform_id", "kind", "name", "parent", "provider", "owner", "owned_from")
    fields = ("public_id", "platform_id", "kind", "name", "parent", "provider")
    readonly_fields = ("public_id", "platform_id", "kind", "parent")
    list_display = ("platform_id", "name", "kind", "parent", "public_id")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("platform_id", "name", "public_id")
    ordering = ("platform_id",)
    autocomplete_fields = ("parent", "provider")

    def perform(self, request: HttpRequest, row: Resource, form: Any, change: bool) -> Resource:
        said = form.cleaned_data
        if change:
            done: dict[str, Any] = {"by": current_actor(), "reason": said["reason"]}
            if "provider" in form.changed_data:
                row = resources.set_provider(resource=row, provider=said["provider"], **done)
            if "name" in form.changed_data:
                row = resources.rename(resource=row, name=said["name"], **done)
            return row
        new = NewResource(
            platform_id=said["platform_id"],
            kind=said["kind"],
            name=said["name"],
            parent=said["parent"],
            provider=said["provider"],
            account=said["owner"],
            owned_from=said["owned_from"],
        )
        (registered,) = resources.register_all(
            [new], at=said["owned_from"], by=current_actor(), reason=said["reason"]
        )
        return registered


@admin.register(ResourceOwnership)
class ResourceOwnershipAdmin(TrackedAdmin):
    """To add one is to transfer the resource, with everything below it."""

    permission_to_add = Permission.ACCOUNTS_MAINTAIN
    fields = ("resource", "account", "owned_from")
    autocomplete_fields = ("resource", "account")
    list_display = ("resource", "account", "owned_from", "owned_until")
    list_select_related = ("resource", "account")
    search_fields = ("resource__platform_id", "account__name", "account__public_id")
    ordering = ("-owned_from", "pk")

    def perform(
        self, request: HttpRequest, row: ResourceOwnership, form: Any, change: bool
    ) -> ResourceOwnership:
        resources.transfer(
            resource=row.resource,
            to=row.account,
            at=row.owned_from,
            by=current_actor(),
            reason=form.cleaned_data["reason"],
        )
        return ResourceOwnership.objects.get(resource=row.resource, owned_until__isnull=True)
