"""The token endpoint's rules: client credentials only, for live partner credentials only.

django-oauth-toolkit does OAuth; here is only which client may have which scopes.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.hashers import check_password
from oauth2_provider.models import AbstractApplication
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from accounts.models import CredentialScope, PartnerCredential
from core.clock import now
from core.text_in import is_odd

_NOBODYS_SECRET: Final = f"generated_sha256${'0' * 22}${'0' * 64}"


class CredentialScopes(BaseScopes):  # type: ignore[misc]  # untyped package
    """A client may ask for the scopes of its credential; asking for none means all of them."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.value: scope.label for scope in CredentialScope}

    def get_available_scopes(
        self, application: AbstractApplication | None = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        credential = live_credential(application)
        return credential.scopes if credential is not None else []

    def get_default_scopes(
        self, application: AbstractApplication | None = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application)


class CredentialValidator(OAuth2Validator):  # type: ignore[misc]  # untyped package
    """A client whose credential is revoked or expired is no client, in the same time."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        is_known = super().authenticate_client(request, *args, **kwargs)
        if not is_known and request.client is None:
            # What a wrong secret of a known client costs: time tells neither from the other.
            check_password(getattr(request, "client_secret", None) or "", _NOBODYS_SECRET)
        return bool(is_known)

    def validate_grant_type(
        self, client_id: str, grant_type: str, *args: Any, **kwargs: Any
    ) -> bool:
        return grant_type == "client_credentials" and bool(
            super().validate_grant_type(client_id, grant_type, *args, **kwargs)
        )

    def _load_application(self, client_id: str, request: Any) -> AbstractApplication | None:
        if is_odd(client_id or ""):  # what the Authorization header holds is encoded twice
            return None
        # One query whether there is such a client or not.
        if request.client is None or request.client.client_id != client_id:
            credential = (
                PartnerCredential.objects.select_related("application")
                .filter(application__client_id=client_id)
                .first()
            )
            is_live = credential is not None and credential.is_live(now())
            request.client = credential.application if credential and is_live else None
        return request.client


def live_credential(application: AbstractApplication | None) -> PartnerCredential | None:
    """The credential of a client, if it may be used now."""
    if application is None:
        return None
    credential = PartnerCredential.objects.filter(application=application.pk).first()
    if credential is None or not credential.is_live(now()):
        return None
    return credential
