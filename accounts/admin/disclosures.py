"""The log of who saw personal data in full, under /admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import Disclosure
from accounts.permissions import Permission
from core.admin import ReadOnlyAdmin

READERS = (Permission.PERSONAL_DATA_REQUEST, Permission.PERSONAL_DATA_UNMASK)


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnlyAdmin):
    console_path = "/disclosures/{public_id}/"
    list_display = ("account", "person", "asked_at", "state", "decided_by", "shown_until")
    list_select_related = ("account", "person", "decided_by")
    list_filter = ("state",)
    search_fields = ("public_id", "account__public_id", "account__name", "person__username")
    ordering = ("-asked_at", "-pk")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(request.user.has_perm(permission.value) for permission in READERS)
