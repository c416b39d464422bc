"""The paths of version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from api.rest.v1 import usage
from api.rest.v1.accounts import AccountResource

router = SimpleRouter(trailing_slash=False)
router.register("accounts", AccountResource, basename="account")

urlpatterns = [
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    *usage.urlpatterns,
    *router.urls,
]
