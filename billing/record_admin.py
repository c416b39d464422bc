"""Who sees billing's records: whoever sees billing in the console."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest

from accounts.permissions import Permission
from core.admin import ReadOnlyAdmin, RecordAdmin

READERS = (Permission.BILLING_READ, Permission.BILLING_READ_MASKED)


class SeenByBilling(RecordAdmin):
    """Readable with either way of reading billing; `personal` fields only in the console."""

    personal: ClassVar[frozenset[str]] = frozenset()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_read = any(request.user.has_perm(permission.value) for permission in READERS)
        return may_read or self.has_change_permission(request, obj)

    def masked_fields(self, request: HttpRequest) -> frozenset[str]:
        return self.personal


class BillingFact(SeenByBilling, ReadOnlyAdmin):
    """A fact of billing: looked at, searched, never touched."""
