"""What leaves the house about an error names no customer, and joins with our log lines."""

from __future__ import annotations

from structlog.contextvars import bound_contextvars

from config.telemetry import scrubbed


def test_an_error_is_sent_without_what_a_person_typed() -> None:
    event = {
        "request": {
            "url": "https://billing.example.com/accounts/acc_1",
            "method": "POST",
            "headers": {"Cookie": "session"},
            "cookies": "session",
            "data": {"email": "sam@example.com"},
            "query_string": "q=Acme",
            "env": {"REMOTE_ADDR": "10.0.0.1"},
        },
        "user": {"id": 7},
        "breadcrumbs": [{"message": "SELECT … 'Acme'"}],
    }
    with bound_contextvars(request_id="req_1", task="usage.tasks.refresh_stale_usage"):
        sent = scrubbed(event, {})
    assert sent == {
        "request": {"url": "https://billing.example.com/accounts/acc_1", "method": "POST"},
        "tags": {"request_id": "req_1", "task": "usage.tasks.refresh_stale_usage"},
    }
