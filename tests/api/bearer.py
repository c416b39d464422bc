"""A partner's client, as its developers have it: a token in the header and nothing else."""

from __future__ import annotations

import base64
from typing import Any

from django.test import Client

from accounts.models import Partner
from accounts.operations.partners import IssuedCredential
from tests.cast import credential


def ask_token(issued: IssuedCredential, **fields: str) -> Any:
    """POST /oauth/token with the credential; the response."""
    basic = base64.b64encode(f"{issued.client_id}:{issued.client_secret}".encode()).decode()
    return Client().post(
        "/oauth/token",
        {"grant_type": "client_credentials", **fields},
        headers={"Authorization": f"Basic {basic}"},
    )


def token_of(issued: IssuedCredential, **fields: str) -> str:
    response = ask_token(issued, **fields)
    assert response.status_code == 200, response.content
    token: str = response.json()["access_token"]
    return token


def client_of(partner: Partner, *scopes: str) -> Client:
    """A client with a fresh token of the partner."""
    token = token_of(credential(partner, *scopes))
    return Client(headers={"Authorization": f"Bearer {token}"})
