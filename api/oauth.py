"""The token endpoint's rules: client credentials only, for live partner credentials only.

django-oauth-toolkit does OAuth; here is only which client may have which scopes.
"""

from __future__ import annotations

from typing import Any

from oauth2_provider.models import AbstractApplication
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from accounts.models import PartnerCredential, Scope
from core.clock import now
from core.text_in import is_odd


class CredentialScopes(BaseScopes):  # type: ignore[misc]  # untyped package
    """A client may ask for the scopes of its credential; asking for none means all of them."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.value: scope.label for scope in Scope}

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
    """A client whose credential is revoked or expired is no client."""

    def _load_application(self, client_id: str, request: Any) -> AbstractApplication | None:
        if is_odd(client_id or ""):  # what the Authorization header holds is encoded twice
            return None
        application = super()._load_application(client_id, request)
        if application is not None and live_credential(application) is None:
            request.client = None
            return None
        return application


def live_credential(application: AbstractApplication | None) -> PartnerCredential | None:
    """The credential of a client, if it may be used now."""
    if application is None:
        return None
    credential = PartnerCredential.objects.filter(application=application.pk).first()
    if credential is None or not credential.is_live(now()):
        return None
    return credential
