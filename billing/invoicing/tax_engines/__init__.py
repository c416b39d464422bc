"""Who answers which tax a service falls under: the built-in tables, or an engine of somebody else.

An engine decides groups and days; amounts are never its own. It answers all that is asked or says
that it cannot: nothing is taxed at 0 because nobody answered.
"""

from billing.invoicing.tax_engines.engine import TaxEngine, TaxUnavailable, engine_in_use

__all__ = ["TaxEngine", "TaxUnavailable", "engine_in_use"]
