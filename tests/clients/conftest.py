"""Each test begins in a process that remembers nothing of earlier tables."""

from __future__ import annotations

import threading

import pytest

from api.authentication import tokens


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usage.reference_cache._kept", threading.local())
    tokens.clear()
