"""manage.py graphql_schema: print the schema of the graph as docs/schema.graphql holds it."""

from typing import Any

from django.core.management.base import BaseCommand

from api.graphql.schema import schema


class Command(BaseCommand):
    help = "Print the schema of the graph, for docs/schema.graphql."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(schema.as_str())
