"""Members of staff and their roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest

from accounts.models import User
from accounts.operations import staff
from accounts.permissions import Permission, Role
from core.actor import current_actor
from core.admin import ReasonForm, TrackedAdmin

# The groups are the roles, and those are code.
admin.site.unregister(Group)


class PersonForm(ReasonForm):
    """A person, with an optional new password and the roles."""

    new_password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Empty keeps the one there is.",
    )
    roles = forms.MultipleChoiceField(
        required=False,
        choices=[(role.value, role.value.replace("_", " ").capitalize()) for role in Role],
        widget=forms.CheckboxSelectMultiple,
    )

    instance: User

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            held = self.instance.groups.values_list("name", flat=True)
            self.fields["roles"].initial = list(held)

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        elif self.instance.pk is None:
            raise forms.ValidationError("A new person needs a password.", code="required")
        return password


@admin.register(User)
class UserAdmin(TrackedAdmin):
    permission_to_view = Permission.ROLE_READ
    permission_to_add = permission_to_change = Permission.ROLE_PROPOSE
    form = PersonForm
    fields = ("username", "first_name", "last_name", "email", "is_active", "new_password", "roles")
    list_display = ("username", "email", "is_active", "public_id", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email", "public_id")
    ordering = ("username",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = super().get_fields(request, obj)
        if self.has_change_permission(request, obj):
            return names
        return [name for name in names if name not in ("new_password", "roles")]

    def perform(self, request: HttpRequest, row: User, form: Any, change: bool) -> User:
        said = form.cleaned_data
        if said["new_password"]:
            row.set_password(said["new_password"])
        row.is_staff = True
        row.save()
        staff.set_roles(
            person=row,
            roles=[Role(name) for name in said["roles"]],
            by=current_actor(),
            reason=said["reason"],
        )
        return row
