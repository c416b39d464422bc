"""Simulations and quotes of changes: made elsewhere, looked at here."""

from django.contrib import admin

from billing.record_admin import BillingFact
from billing.whatif.models import (
    ChangeQuote,
    Simulation,
    SimulationOutcome,
    SimulationRow,
    SimulationWork,
)


@admin.register(Simulation)
class SimulationAdmin(BillingFact):
    list_display = ("__str__", "kind", "plan_version", "meter", "started_at", "started_by")
    list_filter = ("kind",)
    list_select_related = ("plan_version__plan", "meter")
    search_fields = ("public_id", "started_by")
    ordering = ("-started_at", "-pk")


@admin.register(SimulationWork)
class SimulationWorkAdmin(BillingFact):
    list_display = ("simulation", "state", "examined_count", "total_count", "parked_reason")
    list_filter = ("state",)
    list_select_related = ("simulation",)
    search_fields = ("simulation__public_id",)
    ordering = ("-pk",)


@admin.register(SimulationRow)
class SimulationRowAdmin(BillingFact):
    list_display = ("simulation", "position", "account", "description", "problem_code")
    list_select_related = ("simulation", "account")
    search_fields = ("simulation__public_id", "account__name", "key")
    ordering = ("-simulation", "position")


@admin.register(SimulationOutcome)
class SimulationOutcomeAdmin(BillingFact):
    list_display = ("simulation", "finished_at", "affected_account_count", "row_count")
    list_select_related = ("simulation",)
    search_fields = ("simulation__public_id",)
    ordering = ("-finished_at", "-pk")


@admin.register(ChangeQuote)
class ChangeQuoteAdmin(BillingFact):
    list_display = ("public_id", "subscription", "kind", "to_plan", "effective_at", "expires_at")
    list_filter = ("kind",)
    list_select_related = ("subscription__account", "subscription__plan_version__plan", "to_plan")
    search_fields = ("public_id", "subscription__public_id", "subscription__account__name")
    ordering = ("-quoted_at", "-pk")
