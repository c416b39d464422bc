"""Each test starts with no token remembered."""

import pytest

from api.authentication import tokens


@pytest.fixture(autouse=True)
def _no_token_is_remembered() -> None:
    tokens.clear()
