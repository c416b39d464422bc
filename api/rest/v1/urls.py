"""The paths of version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from api.rest.v1 import usage
from api.rest.v1.accounts import AccountResource
from api.rest.v1.exports import AccountFocus
from api.rest.v1.invoices import InvoiceLineResource, InvoiceResource
from api.rest.v1.late_usage import AccountLateUsage, LateUsageResource
from api.rest.v1.payments import AccountDelinquency, PaymentResource
from api.rest.v1.quotes import Quotes

router = SimpleRouter(trailing_slash=False)
router.register("accounts", AccountResource, basename="account")
router.register("late-usage", LateUsageResource, basename="late-usage")
router.register("payments", PaymentResource, basename="payment")
router.register("invoices", InvoiceResource, basename="invoice")
router.register(
    r"invoices/(?P<invoice>[A-Za-z0-9_-]{1,64})/lines", InvoiceLineResource, basename="line"
)

urlpatterns = [
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("quotes", Quotes.as_view(), name="quotes"),
    path(
        "accounts/<str:public_id>/late-usage", AccountLateUsage.as_view(), name="account-late-usage"
    ),
    path("accounts/<str:public_id>/focus", AccountFocus.as_view(), name="account-focus"),
    path(
        "accounts/<str:public_id>/delinquency",
        AccountDelinquency.as_view(),
        name="account-delinquency",
    ),
    *usage.urlpatterns,
    *router.urls,
]
