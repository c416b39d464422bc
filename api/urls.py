"""The machines' paths: /api, /oauth and the OAuth metadata at the root."""

from django.urls import include, path
from oauth2_provider.urls import metadata_urlpatterns
from oauth2_provider.views import RevokeTokenView, TokenView

_oauth = [
    path("oauth/token", TokenView.as_view(), name="token"),
    path("oauth/revoke", RevokeTokenView.as_view(), name="revoke-token"),
    *metadata_urlpatterns,
]

urlpatterns = [
    path("api/v1/", include("api.rest.v1.urls")),
    # The metadata views look their endpoints up under the package's own namespace.
    path("", include((_oauth, "oauth2_provider"))),
]
