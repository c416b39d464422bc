"""Set when one kind of change of a subscription may take effect; two people decide it."""

from __future__ import annotations

from collections.abc import Collection

from billing.catalogue.models import Product
from billing.contracts.models.changes import ChangePolicy, ChangeTiming, SubscriptionVerb
from core.actor import Actor, acting_as
from core.db.locks import alone
from core.db.transactions import transaction_required


@transaction_required()
def set_policy(
    *,
    product: Product | None,
    verb: SubscriptionVerb,
    allows: Collection[ChangeTiming],
    by: Actor,
    reason: str,
) -> ChangePolicy:
    """Make this the policy of the product, or of every other one, from now on.

    Inside the transaction that carries its proposal out.
    """
    alone("change policy")
    with acting_as(by, reason=reason):
        made = ChangePolicy.objects.filter(product=product, kind=verb).first()
        made = made or ChangePolicy(product=product, kind=verb)
        made.allows_now = ChangeTiming.NOW in allows
        made.allows_period_end = ChangeTiming.PERIOD_END in allows
        made.allows_date = ChangeTiming.DATE in allows
        made.save()
    return made
