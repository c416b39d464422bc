"""The letter to whoever looks after an endpoint, when it is disabled.

It never goes to the endpoint itself: what has stopped cannot say so.
"""

from __future__ import annotations

import logging

from django.core.mail import send_mail

from eventing.models import WebhookEndpoint

logger = logging.getLogger(__name__)

_SUBJECT = "Webhooks to {host} were disabled"
_TEXT = """\
Nothing more is sent to {url}.

Why: {why}

What happens meanwhile is kept. When the receiver works again, enable the endpoint and recover what
is held; the feed (GET /api/v1/events-feed) has everything too.
"""


def write_to_contact(endpoint: WebhookEndpoint, why: str) -> None:
    """Write to the contact, where there is one; that no letter left is no reason to stop."""
    logger.warning("webhook_endpoint_disabled", extra={"endpoint": endpoint.public_id, "why": why})
    if not endpoint.contact:
        return
    host = endpoint.url.split("/")[2]
    try:
        send_mail(
            _SUBJECT.format(host=host),
            _TEXT.format(url=endpoint.url, why=why),
            None,
            [endpoint.contact],
        )
    except OSError:
        logger.exception("webhook_notice_failed", extra={"endpoint": endpoint.public_id})
