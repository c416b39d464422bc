"""Idempotency keys and last uses of credentials, to look at; never what an answer said."""

from django.contrib import admin

from api.models import CredentialUse, IdempotencyKey
from core.admin import ReadOnlyAdmin


@admin.register(CredentialUse)
class CredentialUseAdmin(ReadOnlyAdmin):
    list_display = ("credential", "last_used_at")
    list_select_related = ("credential__partner",)
    search_fields = ("credential__public_id__exact",)
    ordering = ("-last_used_at", "credential_id")


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    list_display = ("key", "owner", "status", "answered_at")
    list_filter = ("status",)
    search_fields = ("key__exact", "owner__exact")
    exclude = ("answer", "headers", "request_sha256")
    ordering = ("-id",)
