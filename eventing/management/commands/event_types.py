"""manage.py event_types: print the catalogue of events as docs/events.md holds it."""

from typing import Any

from django.core.management.base import BaseCommand

from eventing.catalogue.printed import page


class Command(BaseCommand):
    help = "Print every type of event, as a page for docs/events.md."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")
