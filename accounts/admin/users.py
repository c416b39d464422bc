"""Members of staff and the roles they are proposed for. Their passwords are theirs alone."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import PasswordMark, RoleGrant, User
from accounts.operations import roles, staff
from accounts.operations.staff import PersonTerms
from accounts.permissions import Permission, Role
from core.actor import current_actor
from core.admin import ReadOnlyAdmin, ReasonForm, TrackedAdmin
from core.clock import now

# Groups grant nothing. Mailboxes and second factors are their person's: an editor of them could
# have a link sent to themselves.
for _model in (Group, EmailAddress, Authenticator):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


_TO_DECIDE = ("roles", "roles_seen", "send_link", "forget_factors")


class PersonForm(ReasonForm):
    """A person, with the roles they hold or wait for."""

    roles = forms.MultipleChoiceField(
        required=False,
        choices=[(role.value, role.spoken.capitalize()) for role in Role],
        widget=forms.CheckboxSelectMultiple,
        help_text="A role that is added waits until a finance approver approves it; one that is "
        "taken away ends at once.",
    )
    send_link = forms.BooleanField(
        required=False,
        label="Send a link to choose a new password",
        help_text="Goes to the person's e-mail address and works once. Nobody else sets it.",
    )

    forget_factors = forms.BooleanField(
        required=False,
        label="Take away a lost second factor",
        help_text="Only of somebody without roles: end the roles first, and propose them again "
        "once the person is back and has added another factor.",
    )

    roles_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    instance: User

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].required = True
        if not self.instance._state.adding:
            self.fields["roles"].initial = held = sorted(_open_roles(self.instance))
            self.fields["roles_seen"].initial = " ".join(held)
            return
        for later in ("send_link", "forget_factors", "is_active", "roles_seen"):
            self.fields.pop(later, None)


@admin.register(User)
class UserAdmin(TrackedAdmin):
    permission_to_view = Permission.ROLE_READ
    permission_to_add = permission_to_change = Permission.ROLE_PROPOSE
    form = PersonForm
    add_form = PersonForm
    add_fields = ("username", "first_name", "last_name", "email", "roles")
    fields = (
        "username", "first_name", "last_name", "email", "is_active", "roles", "send_link",
        "forget_factors", "roles_seen",
    )  # fmt: skip
    list_display = ("username", "email", "is_active", "public_id", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "first_name", "last_name", "email", "public_id")
    ordering = ("username",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else ("username",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        names = super().get_fields(request, obj)
        if self.has_change_permission(request, obj):
            return names
        return [name for name in names if name not in _TO_DECIDE]

    def perform(self, request: HttpRequest, row: User, form: Any, change: bool) -> User:
        said = form.cleaned_data
        by = _signed_in(request)
        terms = PersonTerms(said["first_name"], said["last_name"], said["email"])
        if change:
            person = staff.revise(
                person=row,
                terms=terms,
                is_active=said["is_active"],
                by=by,
                at=now(),
                reason=said["reason"],
            )
        else:
            person = staff.invite(
                username=said["username"], terms=terms, by=current_actor(), reason=said["reason"]
            )
        if person.is_active:
            # Only what this reader was shown: a role given since is not theirs to take by chance.
            seen = set(said.get("roles_seen", "").split())
            self._change_roles(request, person, seen, set(said["roles"]), by, said["reason"])
        if said.get("forget_factors"):
            staff.forget_second_factors(person=person, by=by, reason=said["reason"])
        if said.get("send_link"):
            staff.invite_again(person=person)
        return person

    def _change_roles(
        self,
        request: HttpRequest,
        person: User,
        seen: set[str],
        wanted: set[str],
        by: User,
        reason: str,
    ) -> None:
        done: dict[str, Any] = {"person": person, "by": by, "at": now(), "reason": reason}
        for role in sorted(map(Role, seen & set(Role) - wanted)):
            roles.end(role=role, **done)
        for role in sorted(map(Role, wanted - seen)):
            roles.propose(role=role, **done)
            messages.info(
                request, f"{role.spoken.capitalize()} waits for a finance approver's word."
            )


class DecisionForm(ReasonForm):
    """What an approver says to a proposal."""

    what = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve"), ("refuse", "Refuse")],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = RoleGrant
        fields = ()


@admin.register(RoleGrant)
class RoleGrantAdmin(TrackedAdmin):
    """Every role ever proposed; whoever may approve decides what still waits."""

    permission_to_view = Permission.ROLE_READ
    permission_to_change = Permission.ROLE_APPROVE
    form = DecisionForm
    fields = (
        "public_id", "person", "email", "role", "state",
        "proposed_by", "proposed_at", "proposal_reason",
        "decided_by", "decided_at", "decision_reason", "ended_by", "ended_at", "end_reason",
    )  # fmt: skip
    readonly_fields = fields
    list_display = ("person", "role", "state", "proposed_by", "proposed_at", "decided_by")
    list_select_related = ("person", "proposed_by", "decided_by")
    list_filter = ("state", "role")
    search_fields = ("public_id", "person__username", "person__first_name", "person__last_name")
    ordering = ("-proposed_at", "-pk")

    @admin.display(description="Their e-mail address")
    def email(self, row: RoleGrant) -> str:
        return row.person.email

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (
            super().has_view_permission(request, obj)
            or request.user.has_perm(Permission.ROLE_APPROVE)
            or request.user.has_perm(Permission.ROLE_PROPOSE)
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        waits = obj is None or obj.state == RoleGrant.State.PROPOSED
        return waits and super().has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets[:-1], ("Decide", {"fields": ["what"]}), fieldsets[-1]]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # A proposal never changes but by its decision, and that is refused a second time.
        obj.__dict__.update(self.perform(request, obj, form, change).__dict__)

    def perform(self, request: HttpRequest, row: RoleGrant, form: Any, change: bool) -> RoleGrant:
        said = form.cleaned_data
        decide = roles.approve if said["what"] == "approve" else roles.refuse
        return decide(grant=row, by=_signed_in(request), at=now(), reason=said["reason"])


def _open_roles(person: User) -> set[str]:
    return set(person.role_grants.filter(state__in=RoleGrant.OPEN).values_list("role", flat=True))


def _signed_in(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin let nobody else in
    return request.user


@admin.register(PasswordMark)
class PasswordMarkAdmin(ReadOnlyAdmin):
    list_display = ("person", "marked_at")
    list_select_related = ("person",)
    search_fields = ("person__public_id__exact",)
    exclude = ("digest",)
    ordering = ("-id",)
