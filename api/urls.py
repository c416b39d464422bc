"""The machines' paths: /api, /oauth, and at the root what is looked for there."""

from django.urls import include, path, re_path
from oauth2_provider.views import OAuthProtectedResourceMetadataView

from api.graphql.views import graphql
from api.health import alive, ready
from api.metrics import metrics
from api.oauth_endpoints import RevokeEndpoint, TokenEndpoint, server_metadata
from api.views import nothing_here, proof_keys

_oauth = [
    path("oauth/token", TokenEndpoint.as_view(), name="token"),
    path("oauth/revoke", RevokeEndpoint.as_view(), name="revoke-token"),
    path(".well-known/oauth-authorization-server", server_metadata, name="oauth-server-metadata"),
    path(
        ".well-known/oauth-protected-resource",
        OAuthProtectedResourceMetadataView.as_view(),
        name="oauth-resource-metadata",
    ),
]

urlpatterns = [
    path("api/v1/", include("api.rest.v1.urls")),
    # Here and not by falling through: a machine's 404 renders no page.
    re_path(r"^api/", nothing_here),
    path("heroku/", include("api.heroku.urls")),
    path("openmeter/", include("api.openmeter.urls")),
    path("graphql", graphql, name="graphql"),
    path("livez", alive, name="livez"),
    path("readyz", ready, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path(".well-known/counterfoil-proof-keys.json", proof_keys, name="proof-keys"),
    # The metadata views look their endpoints up under the package's own namespace.
    path("", include((_oauth, "oauth2_provider"))),
]
