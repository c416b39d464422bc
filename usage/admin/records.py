"""Who sees the records of usage: whoever sees usage in the console."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from accounts.permissions import Permission
from core.admin import ReadOnlyAdmin, RecordAdmin

READERS = (Permission.BILLING_READ, Permission.BILLING_READ_MASKED)


class SeenWithUsage(RecordAdmin):
    """Readable with either way of reading billing; nothing here is personal."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_read = any(request.user.has_perm(permission.value) for permission in READERS)
        return may_read or self.has_change_permission(request, obj)


class UsageFact(SeenWithUsage, ReadOnlyAdmin):
    """A fact of usage: looked at, searched, never touched."""
