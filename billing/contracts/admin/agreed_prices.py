"""Agreed prices, late usage and simulations: made by their operations, looked at here."""

from django.contrib import admin

from billing.catalogue.models import WorkedCase
from billing.contracts.models import PriceOverride
from billing.invoicing.models import LateUsageAmount, LateUsageDecision
from billing.record_admin import BillingFact
from billing.whatif.models import Simulation, SimulationOutcome, SimulationRow, SimulationWork


@admin.register(PriceOverride)
class PriceOverrideAdmin(BillingFact):
    list_display = ("price_code", "subscription", "valid_from", "valid_until", "agreed_by")
    list_select_related = ("subscription__account", "subscription__plan_version__plan")
    search_fields = ("public_id", "price_code", "subscription__account__name")
    ordering = ("-valid_from", "-pk")


@admin.register(WorkedCase)
class WorkedCaseAdmin(BillingFact):
    list_display = ("name", "plan_version", "position")
    list_select_related = ("plan_version__plan",)
    search_fields = ("name", "plan_version__plan__name")
    ordering = ("plan_version", "position", "pk")


@admin.register(LateUsageDecision)
class LateUsageDecisionAdmin(BillingFact):
    list_display = ("invoice", "fate", "through_at", "billed_on", "decided_at", "decided_by")
    list_filter = ("fate",)
    list_select_related = ("invoice", "billed_on")
    search_fields = ("invoice__number", "invoice__public_id")
    ordering = ("-decided_at", "-pk")


@admin.register(LateUsageAmount)
class LateUsageAmountAdmin(BillingFact):
    list_display = ("decision", "charge_key")
    list_select_related = ("decision__invoice",)
    search_fields = ("decision__invoice__number", "charge_key")
    ordering = ("-pk",)


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
