"""The ids of dimension sets, which are made the first time something has them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from usage.models import DimensionSet


def dimension_set_ids(texts: Sequence[str]) -> dict[str, int]:
    """The ids of dimension sets by canonical text; those that do not exist are made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO usage_dimensionset (text, pricing, presentation)
            SELECT text, text::jsonb -> 0, text::jsonb -> 1 FROM unnest(%s::text[]) AS given(text)
            WHERE NOT EXISTS (SELECT FROM usage_dimensionset known WHERE known.text = given.text)
            ORDER BY text
            ON CONFLICT (text) DO NOTHING
            """,
            [list(texts)],
        )
    return dict(DimensionSet.objects.filter(text__in=texts).values_list("text", "id"))
