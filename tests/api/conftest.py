"""Each test starts with no token remembered, and nobody counted as asking too often."""

import pytest
from django.core.cache import cache

from api.authentication import tokens


@pytest.fixture(autouse=True)
def _no_token_is_remembered() -> None:
    tokens.clear()
    cache.clear()
