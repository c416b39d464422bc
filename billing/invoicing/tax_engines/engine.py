"""What an engine is, and the one in use."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from django.conf import settings

from billing.invoicing.tax import TaxPart, TaxQuestion
from core.errors import DomainError


class TaxUnavailable(DomainError):
    """The tax engine did not answer, or not so that it can be used."""

    code = "tax_unavailable"
    title = "The tax engine does not answer"
    status = 503
    retryable = True


class TaxEngine(Protocol):
    """Decides which tax services fall under."""

    def decide(self, asked: Collection[TaxQuestion]) -> Mapping[TaxQuestion, Sequence[TaxPart]]:
        """An answer to every question; none to no question. Raises: TaxUnavailable."""


def engine_in_use() -> TaxEngine | None:
    """The engine that is configured; None is the built-in tables."""
    return _engine(settings.TAX_ENGINE_URL, settings.TAX_ENGINE_SECONDS, settings.TAX_ENGINE_TOKEN)


@lru_cache(maxsize=1)
def _engine(url: str, seconds: int, token: str) -> TaxEngine | None:
    if not url:
        return None
    from billing.invoicing.tax_engines.over_http import HttpTaxEngine

    return HttpTaxEngine(url, seconds=seconds, token=token)
