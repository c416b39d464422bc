"""The last step: the documents of what was issued, as a Celery worker makes them."""

from datetime import datetime

from billing.papers.models import Seller
from billing.papers.operations import making, planning
from billing.papers.operations.sellers import SellerTerms, name_seller
from core.actor import Actor
from core.clock import now

SELLER = SellerTerms(
    legal_name="Counterfoil Cloud GmbH",
    address="Torstraße 1\n10119 Berlin",
    country="DE",
    tax_id="DE123456788",
    registration="HRB 12345 B, Amtsgericht Charlottenburg",
    email="billing@counterfoil.example",
    bank_name="Musterbank",
    iban="DE89370400440532013000",
    bic="COBADEFFXXX",
)


def name_the_seller(*, since: datetime, at: datetime, by: Actor) -> None:
    """Say who sells, once."""
    if not Seller.objects.filter(valid_from=since).exists():
        name_seller(
            terms=SELLER, valid_from=since, at=at, by=by, reason="As in the commercial register"
        )


def make_papers() -> int:
    """Make what is due, beside the workers; returns how many files this process settled."""
    while planning.plan(at=now()):
        pass
    settled = 0
    while files := making.claim_files(at=now()):
        settled += making.make(files, at=now())
    return settled
