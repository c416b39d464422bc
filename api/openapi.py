"""The OpenAPI document as it is served: without indentation, which would be most of it."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.renderers import OpenApiJsonRenderer


class CompactOpenApi(OpenApiJsonRenderer):
    """A third of the bytes; whoever reads it by eye has a program for that."""

    def get_indent(
        self, accepted_media_type: str, renderer_context: Mapping[str, Any] | None
    ) -> None:
        """None at all."""
