"""The base classes of every page under /admin.

`TrackedAdmin` is for rows people edit: it asks for a reason, refuses to overwrite what somebody
else changed meanwhile, lets a subclass do the change through an operation, shows a refusal beside
the field, and has a history tab with who, why, old and new.
`ReadOnlyAdmin` is for ledger-like rows. Neither deletes. Who may see or change is asked by
permission name, which an authentication backend answers; nothing here knows the roles.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError, DataError, IntegrityError, models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from core.actor import acting_as, current_actor, is_said
from core.admin_filters import name_every_choice
from core.admin_forms import FIELDS_OF_RECORDS
from core.admin_search import matching
from core.admin_widgets import ChosenRow, ChosenRows
from core.db.models import Tracked, periods_of
from core.db.stamps import ChangedSince, Seen, stamp_of, unchanged
from core.db.trail import changes_of
from core.errors import DomainError, Invalid

ROWS_COUNTED_MAX = 10_000
REASON_LENGTH_MAX = 2_000

name_every_choice()

if TYPE_CHECKING:
    # The stubs are generic where the classes are not.
    _ModelAdmin = admin.ModelAdmin[models.Model]
    _ModelForm = forms.ModelForm[models.Model]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _ModelForm = forms.ModelForm
    _Paginator = Paginator


class BoundedPaginator(_Paginator):
    """Counts no further than a person pages; beyond it, search or filter."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:ROWS_COUNTED_MAX].count())


class ReasonForm(_ModelForm):
    """Asks why, says what the change is made from, and shows what an operation refused beside the
    field it names."""

    refusal: ClassVar[DomainError | None] = None

    made_from = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason",
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why this changes; kept in the history for good.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.instance, Tracked) and self.instance.pk is not None:
            self.initial["made_from"] = stamp_of(Seen.row(self.instance))
        if isinstance(self.refusal, ChangedSince):
            # Both were shown: whoever sends the form again has seen what is there now.
            said: Any = self.data
            self.data = said = said.copy()
            said[self.add_prefix("made_from")] = self.refusal.stamp

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not is_said(reason):
            raise forms.ValidationError("Say why, in visible characters.", code="reason")
        return reason

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for start, end in periods_of(self._meta.model):
            began = self.cleaned_data.get(start, getattr(self.instance, start, None))
            ended = self.cleaned_data.get(end)
            if began and ended and ended <= began:
                self.add_error(end, "It ends at or before its start.")
        if isinstance(self.refusal, ChangedSince):
            self.add_error(None, ["Nothing was saved.", *self.refusal.sentences])
        elif self.refusal is not None:
            field = self.refusal.field if self.refusal.field in self.fields else None
            field = None if field == "made_from" else field
            self.add_error(field, forms.ValidationError(self.refusal.message, self.refusal.code))
        return cleaned

    def _post_clean(self) -> None:
        # The rules of the table are tried here too, and some values no rule can be tried with.
        try:
            with transaction.atomic():
                super()._post_clean()  # type: ignore[misc]  # not in the stubs
        except DataError as error:
            if not self.errors:
                self.add_error(None, rule_of_the_table(error).message)


class RecordAdmin(_ModelAdmin):
    """What both kinds share: permissions by name, bounded lists, a link into the console."""

    permission_to_view: ClassVar[str] = "billing.read"
    permission_to_add: ClassVar[str | None] = None
    permission_to_change: ClassVar[str | None] = None
    console_path: ClassVar[str] = ""
    """Where the row is in the console, such as "/accounts/{public_id}"; empty for nowhere."""

    formfield_overrides = FIELDS_OF_RECORDS
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    history_template = "admin/tracked_history.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _asks(request, self.permission_to_view) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _asks(request, self.permission_to_add)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _asks(request, self.permission_to_change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ChosenRow(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ChosenRows(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What is searched for is looked up where it stands; no row comes twice."""
        return matching(queryset, list(self.get_search_fields(request)), search_term), False

    def masked_fields(self, request: HttpRequest) -> frozenset[str]:
        """Fields this person must not see; left out of the form and dotted in the history."""
        return frozenset()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        masked = self.masked_fields(request) | {"reason", "made_from"}
        return [name for name in super().get_fields(request, obj) if name not in masked]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who changed the row, when, why, and each field's old and new value."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not isinstance(row, Tracked):
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {row}",
            "opts": self.opts,
            "object": row,
            "console_url": self._console_url(row),
            "changes": changes_of(type(row), row.pk, masked=self.masked_fields(request)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.history_template, context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        context["console_url"] = self._console_url(row) if row is not None else ""
        context["has_history"] = issubclass(self.model, Tracked)
        return super().render_change_form(request, context, *args, **kwargs)

    def _console_url(self, row: Any) -> str:
        return self.console_path.format(public_id=getattr(row, "public_id", ""))


class ReadOnlyAdmin(RecordAdmin):
    """Facts: looked at, searched, never touched."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TrackedAdmin(RecordAdmin):
    """Rows people edit, each change with a reason, through an operation where there is one."""

    form = ReasonForm
    add_form: ClassVar[type[ReasonForm] | None] = None
    """The form of a new row, where it differs; its fields are `add_fields`."""
    add_fields: ClassVar[tuple[str, ...]] = ()

    def perform(self, request: HttpRequest, row: Any, form: Any, change: bool) -> Any:
        """Do what the form asks and return the row it is about.

        A subclass calls its operation, with form.cleaned_data["reason"]; what that refuses is
        shown on the form. By default what was typed is saved, and nothing else of the row.
        """
        typed = [name for name in form.changed_data if name in form.fields and hasattr(row, name)]
        row.save(update_fields=typed if change else None)
        form.save_m2m()
        return row

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = form.cleaned_data
        with (
            acting_as(current_actor(), reason=said["reason"]),
            unchanged(obj, said["made_from"]) if change else nullcontext(),
        ):
            done = self.perform(request, obj, form, change)
        # The page goes on to speak of `obj`, which an operation did not touch.
        obj.__dict__.update(done.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: `perform` has done all of it, under one reason."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            refusal = error
        except (IntegrityError, DataError) as error:
            refusal = rule_of_the_table(error)
        # What was done is rolled back. The same form again, now knowing why it was refused.
        request.refusal = refusal  # type: ignore[attr-defined]
        page = super().changeform_view(request, *args, **kwargs)
        if isinstance(refusal, ChangedSince):
            page.status_code = refusal.status
        return page

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None and self.add_form is not None:
            kwargs["form"] = self.add_form
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        if refusal is None:
            return form
        return type("RefusedForm", (form,), {"refusal": refusal})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None and self.add_form is not None:
            return ()
        return super().get_readonly_fields(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets: list[Any] = list(super().get_fieldsets(request, obj))
        if obj is None and self.add_form is not None:
            fieldsets = [(None, {"fields": self.add_fields})]
        is_editable = (
            self.has_add_permission(request)
            if obj is None
            else self.has_change_permission(request, obj)
        )
        asked = ["reason"] if obj is None else ["reason", "made_from"]
        return [*fieldsets, ("Why", {"fields": asked})] if is_editable else fieldsets


class RuleOfTheTable(Invalid):
    """The values break a rule that the table itself keeps."""

    code = "rule_of_the_table"
    title = "These values cannot stand together"


def rule_of_the_table(error: DatabaseError) -> RuleOfTheTable:
    """What the table refused, by the name of its rule and never in the database's own words."""
    broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if not broken:
        return RuleOfTheTable("A value does not fit its field.")
    return RuleOfTheTable(f"This breaks a rule of the record: {broken.replace('_', ' ')}.")


def _asks(request: HttpRequest, permission: str | None) -> bool:
    return permission is not None and request.user.has_perm(permission)
