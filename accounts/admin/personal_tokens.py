"""Whose tokens there are; no secret is kept."""

from django.contrib import admin

from accounts.models import PersonalToken, PersonalTokenEnd
from accounts.permissions import Permission
from core.admin import ReadOnlyAdmin


@admin.register(PersonalToken)
class PersonalTokenAdmin(ReadOnlyAdmin):
    permission_to_view = Permission.BILLING_READ
    list_display = ("public_id", "person", "label", "issued_at", "expires_at")
    list_select_related = ("person",)
    search_fields = ("public_id", "label", "person__username")
    exclude = ("secret_sha256",)
    ordering = ("-issued_at", "-pk")


@admin.register(PersonalTokenEnd)
class PersonalTokenEndAdmin(ReadOnlyAdmin):
    permission_to_view = Permission.BILLING_READ
    list_display = ("token", "ended_at", "ended_by")
    list_select_related = ("token__person", "ended_by")
    search_fields = ("token__public_id", "ended_by__username")
    ordering = ("-ended_at", "-pk")
