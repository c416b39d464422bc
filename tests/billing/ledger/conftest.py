"""The books of a customer, as receivables tells them."""

from tests.billing.receivables.conftest import books, story

__all__ = ["books", "story"]
