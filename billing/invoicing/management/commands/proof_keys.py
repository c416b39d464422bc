"""Print the public keys that proofs are signed with, as they are published. Needs no database."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from billing.invoicing.queries.proofs import published_key, published_keys


class Command(BaseCommand):
    """Prints the key set, and the present key as PROOF_RETIRED_KEYS will want it."""

    help = __doc__ or ""
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(published_keys(), indent=2))
        self.stderr.write(f"The key that signs now, in base64: {published_key()}")
