"""The paths of version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from api.openapi import CompactOpenApi
from api.rest.v1 import usage
from api.rest.v1.account_usage import AccountUsage
from api.rest.v1.accounts import AccountResource
from api.rest.v1.credit_notes import CreditNoteResource
from api.rest.v1.disputes import DisputeResource
from api.rest.v1.documents import DocumentResource
from api.rest.v1.entitlements import EntitlementCheck
from api.rest.v1.events_feed import EventsFeed, EventTypes
from api.rest.v1.exports import AccountFocus
from api.rest.v1.finance_rules import (
    AllBounds,
    CurrencyBounds,
    Numbers,
    PaymentRule,
    PaymentRuleOf,
    PaymentRules,
)
from api.rest.v1.grants import GrantResource
from api.rest.v1.holds import HoldResource
from api.rest.v1.invoice_terms import AccountInvoiceTerms
from api.rest.v1.invoices import InvoiceLineResource, InvoiceResource
from api.rest.v1.late_usage import AccountLateUsage, LateUsageResource
from api.rest.v1.licences import LicenseResource, MovementResource
from api.rest.v1.mandates import MandateDraws, Mandates, OneMandate
from api.rest.v1.payments import AccountDelinquency, PaymentResource
from api.rest.v1.plans import MeterResource, PlanResource
from api.rest.v1.proposals import (
    OneProposal,
    ProposalAgain,
    Proposals,
    ProposalTry,
    ProposalWithdrawal,
)
from api.rest.v1.quotes import Quotes
from api.rest.v1.rate_limits import RateLimits
from api.rest.v1.resources import ResourceResource
from api.rest.v1.sources import OneSource, Sources, SourceWaivers
from api.rest.v1.spending_limits import SpendingLimitResource
from api.rest.v1.statements import AccountBill, AccountStatementOf
from api.rest.v1.subscription_changes import (
    ChangeWithdrawal,
    OneChangeQuote,
    QuoteExecution,
    SubscriptionChanges,
    SubscriptionQuotes,
)
from api.rest.v1.subscriptions import SubscriptionResource
from api.rest.v1.webhook_deliveries import WebhookDeliveryResource
from api.rest.v1.webhooks import WebhookEndpointResource

router = SimpleRouter(trailing_slash=False)
router.register("accounts", AccountResource, basename="account")
router.register("late-usage", LateUsageResource, basename="late-usage")
router.register("payments", PaymentResource, basename="payment")
router.register("disputes", DisputeResource, basename="dispute")
router.register("licences", LicenseResource, basename="licence")
router.register("pool-movements", MovementResource, basename="pool-movement")
router.register("credit-notes", CreditNoteResource, basename="credit-note")
router.register("grants", GrantResource, basename="grant")
router.register("spending-limits", SpendingLimitResource, basename="spending-limit")
router.register("webhook-endpoints", WebhookEndpointResource, basename="webhook-endpoint")
router.register("webhook-deliveries", WebhookDeliveryResource, basename="webhook-delivery")
router.register("holds", HoldResource, basename="hold")
router.register("meters", MeterResource, basename="meter")
router.register("plans", PlanResource, basename="plan")
router.register("resources", ResourceResource, basename="resource")
router.register("subscriptions", SubscriptionResource, basename="subscription")
router.register("invoices", InvoiceResource, basename="invoice")
router.register(
    r"invoices/(?P<invoice>[A-Za-z0-9_-]{1,64})/lines", InvoiceLineResource, basename="line"
)
router.register(
    r"invoices/(?P<invoice>[A-Za-z0-9_-]{1,64})/documents", DocumentResource, basename="document"
)

urlpatterns = [
    path(
        "openapi.json",
        SpectacularJSONAPIView.as_view(renderer_classes=[CompactOpenApi]),
        name="openapi",
    ),
    path("rate-limits", RateLimits.as_view(), name="rate-limits"),
    path("events-feed", EventsFeed.as_view(), name="events-feed"),
    path("event-types", EventTypes.as_view(), name="event-types"),
    path("quotes", Quotes.as_view(), name="quotes"),
    path(
        "accounts/<str:public_id>/late-usage", AccountLateUsage.as_view(), name="account-late-usage"
    ),
    path("accounts/<str:public_id>/bill", AccountBill.as_view(), name="account-bill"),
    path("accounts/<str:public_id>/statement", AccountStatementOf.as_view(), name="statement"),
    path("accounts/<str:public_id>/usage", AccountUsage.as_view(), name="account-usage"),
    path("accounts/<str:public_id>/focus", AccountFocus.as_view(), name="account-focus"),
    path(
        "accounts/<str:public_id>/delinquency",
        AccountDelinquency.as_view(),
        name="account-delinquency",
    ),
    path(
        "accounts/<str:public_id>/invoice-terms",
        AccountInvoiceTerms.as_view(),
        name="account-invoice-terms",
    ),
    path("rules/bounds", AllBounds.as_view(), name="rules-bounds"),
    path("rules/bounds/<str:currency>", CurrencyBounds.as_view(), name="rules-bounds-detail"),
    path("rules/numbers/<str:prefix>", Numbers.as_view(), name="rules-numbers"),
    path("rules/payments", PaymentRules.as_view(), name="rules-payments"),
    path("rules/payments/<str:subject>", PaymentRule.as_view(), name="rules-payment"),
    path(
        "rules/payments/<str:subject>/<str:code>", PaymentRuleOf.as_view(), name="rules-payment-of"
    ),
    path("sources", Sources.as_view(), name="sources"),
    path("sources/<str:public_id>", OneSource.as_view(), name="source"),
    path("sources/<str:public_id>/waivers", SourceWaivers.as_view(), name="source-waivers"),
    path("mandates", Mandates.as_view(), name="mandates"),
    path("mandates/<str:public_id>", OneMandate.as_view(), name="mandate"),
    path("mandates/<str:public_id>/draws", MandateDraws.as_view(), name="mandate-draws"),
    path("proposals", Proposals.as_view(), name="proposals"),
    path("proposals/<str:public_id>", OneProposal.as_view(), name="proposal"),
    path(
        "proposals/<str:public_id>/withdraw",
        ProposalWithdrawal.as_view(),
        name="proposal-withdraw",
    ),
    path("proposals/<str:public_id>/again", ProposalAgain.as_view(), name="proposal-again"),
    path("proposals/<str:public_id>/try-again", ProposalTry.as_view(), name="proposal-try"),
    path("entitlements/check", EntitlementCheck.as_view(), name="entitlement-check"),
    path(
        "subscriptions/<str:public_id>/change-quotes",
        SubscriptionQuotes.as_view(),
        name="change-quotes",
    ),
    path(
        "subscriptions/<str:public_id>/changes",
        SubscriptionChanges.as_view(),
        name="subscription-changes",
    ),
    path("change-quotes/<str:public_id>", OneChangeQuote.as_view(), name="change-quote"),
    path("change-quotes/<str:public_id>/execute", QuoteExecution.as_view(), name="change-execute"),
    path(
        "subscription-changes/<str:public_id>/withdraw",
        ChangeWithdrawal.as_view(),
        name="change-withdraw",
    ),
    *usage.urlpatterns,
    *router.urls,
]
