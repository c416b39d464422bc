"""What people saved and put off for themselves, and who looked at an account from outside."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.disclosures import READERS
from accounts.models import CustomerLook, PutOff, SavedView, SavedViewEnd
from accounts.permissions import Permission
from core.admin import ReadOnlyAdmin


@admin.register(CustomerLook)
class CustomerLookAdmin(ReadOnlyAdmin):
    list_display = ("account", "person", "began_at", "until", "reason")
    list_select_related = ("account", "person")
    search_fields = ("public_id", "account__public_id", "account__name", "person__username")
    ordering = ("-began_at", "-pk")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(request.user.has_perm(permission.value) for permission in READERS)


@admin.register(PutOff)
class PutOffAdmin(ReadOnlyAdmin):
    permission_to_view = Permission.BILLING_READ
    list_display = ("about", "person", "said_at", "until", "reason")
    list_select_related = ("person",)
    search_fields = ("public_id", "about", "person__username")
    ordering = ("-said_at", "-pk")


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    permission_to_view = Permission.BILLING_READ
    list_display = ("name", "page", "person", "is_shared", "saved_at")
    list_select_related = ("person",)
    search_fields = ("public_id", "name", "person__username")
    ordering = ("-saved_at", "-pk")


@admin.register(SavedViewEnd)
class SavedViewEndAdmin(ReadOnlyAdmin):
    permission_to_view = Permission.BILLING_READ
    list_display = ("view", "ended_at", "ended_by")
    list_select_related = ("view", "ended_by")
    search_fields = ("view__public_id", "ended_by__username")
    ordering = ("-ended_at", "-pk")
