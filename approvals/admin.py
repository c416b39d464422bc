"""Proposals and what became of them: facts, looked at here and decided in the console."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.permissions import Permission
from approvals.models import (
    ApprovalPolicy,
    Decision,
    Delegation,
    Emergency,
    EmergencyWord,
    Mandate,
    MandateDraw,
    MandateReview,
    Proposal,
    ProposalExecution,
    ProposalVersion,
)
from core.admin import ReadOnlyAdmin

READERS = (Permission.BILLING_READ, Permission.BILLING_READ_MASKED)


class SeenByReaders(ReadOnlyAdmin):
    """Readable with either way of reading billing."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return any(request.user.has_perm(permission.value) for permission in READERS)


@admin.register(Proposal)
class ProposalAdmin(SeenByReaders):
    console_path = "/proposals/{public_id}/"
    list_display = (
        "public_id", "kind", "account", "amount", "state", "outcome", "maker", "put_forward_at",
    )  # fmt: skip
    list_filter = ("state", "outcome", "kind")
    list_select_related = ("account", "maker")
    search_fields = ("public_id", "ticket", "account__public_id", "account__name")
    ordering = ("-put_forward_at", "-pk")


@admin.register(ProposalVersion)
class ProposalVersionAdmin(SeenByReaders):
    def masked_fields(self, request: HttpRequest) -> frozenset[str]:
        # A payload may hold a name and an address, which the console shows to whom it may.
        return frozenset({"payload"})

    list_display = ("proposal", "number", "amount_minor", "policy_version", "prepared_at", "seal")
    list_select_related = ("proposal",)
    search_fields = ("proposal__public_id", "seal")
    ordering = ("-prepared_at", "-pk")


@admin.register(Decision)
class DecisionAdmin(SeenByReaders):
    list_display = ("proposal", "version", "vote", "person", "decided_at", "seal_seen")
    list_filter = ("vote",)
    list_select_related = ("proposal", "person")
    search_fields = ("proposal__public_id", "person__username", "seal_seen")
    ordering = ("-decided_at", "-pk")


@admin.register(ProposalExecution)
class ProposalExecutionAdmin(SeenByReaders):
    list_display = ("proposal", "attempt", "version", "outcome", "effect_ref", "executed_at")
    list_filter = ("outcome",)
    list_select_related = ("proposal",)
    search_fields = ("proposal__public_id", "effect_ref")
    ordering = ("-executed_at", "-pk")


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(SeenByReaders):
    list_display = ("public_id", "number", "published_at", "published_by", "reason")
    search_fields = ("public_id", "published_by")
    ordering = ("-number",)


@admin.register(Delegation)
class DelegationAdmin(SeenByReaders):
    list_display = ("public_id", "of", "deputy", "valid_from", "valid_until", "ended_at")
    list_select_related = ("of", "deputy")
    search_fields = ("public_id", "of__username", "deputy__username")
    ordering = ("-valid_from", "-pk")


@admin.register(Emergency)
class EmergencyAdmin(SeenByReaders):
    list_display = ("public_id", "proposal", "version", "taken_by", "taken_at", "reason")
    list_select_related = ("proposal", "taken_by")
    search_fields = ("public_id", "proposal__public_id", "taken_by__username")
    ordering = ("-taken_at", "-pk")


@admin.register(EmergencyWord)
class EmergencyWordAdmin(SeenByReaders):
    list_display = ("emergency", "word", "person", "said_at", "undone_by")
    list_filter = ("word",)
    list_select_related = ("emergency__proposal", "person", "undone_by")
    search_fields = ("emergency__public_id", "person__username")
    ordering = ("-said_at", "-pk")


@admin.register(Mandate)
class MandateAdmin(SeenByReaders):
    list_display = ("public_id", "title", "currency", "total_minor", "ends_at", "made_by")
    search_fields = ("public_id", "title")
    ordering = ("-made_at", "-pk")


@admin.register(MandateDraw)
class MandateDrawAdmin(SeenByReaders):
    list_display = ("public_id", "mandate", "account", "amount_minor", "ticket", "drawn_by")
    list_select_related = ("mandate", "account", "drawn_by")
    search_fields = ("public_id", "ticket", "effect_ref", "account__public_id")
    ordering = ("-drawn_at", "-pk")


@admin.register(MandateReview)
class MandateReviewAdmin(SeenByReaders):
    list_display = ("draw", "passed", "person", "said_at", "reason")
    list_filter = ("passed",)
    list_select_related = ("draw__mandate", "person")
    search_fields = ("draw__public_id", "person__username")
    ordering = ("-said_at", "-pk")
