"""What a line of the log says: all that was said of it, and no request of a customer."""

import json
import logging
import logging.config
from typing import Any

import pytest

from config.logging import logging_config


def line(name: str, **extra: Any) -> dict[str, Any]:
    config = logging_config(level="INFO", as_json=True)
    formatter = logging.config.DictConfigurator(config).configure_formatter(
        config["formatters"]["structlog"]
    )
    record = logging.getLogger(name).makeRecord(
        name, logging.INFO, __file__, 1, "audit_sealed", (), None, extra=extra
    )
    said: dict[str, Any] = json.loads(formatter.format(record))
    return said


@pytest.mark.parametrize("name", ["audit.operations.sealing", "billing.invoicing.tasks", "core.x"])
def test_what_is_said_beside_the_name_was_lost(name: str) -> None:
    said = line(name, number=7, link="ab" * 32)
    assert (said["event"], said["number"], said["link"]) == ("audit_sealed", 7, "ab" * 32)
    assert said["level"] == "info"


def test_what_others_hang_on_their_lines_stays_out() -> None:
    assert "request" not in line("django.request", request="GET /accounts/?email=ada@example.com")
