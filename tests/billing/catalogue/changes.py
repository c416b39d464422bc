"""Changes of price, told in dates: new plan versions, and prices agreed with one subscription."""

from datetime import date
from typing import Any

from billing.catalogue.models import Plan, PlanVersion
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.models import PriceOverride, Subscription
from billing.contracts.operations import agreed_prices
from billing.contracts.operations.agreed_prices import AgreedPrice
from billing.publishing import operations as publishing
from tests.people import ADA
from tests.story import WHY, Story, instant


def drafts(
    story: Story, plan: Plan, *prices: PriceTerms, existing_from: str | None = None, **more: Any
) -> PlanVersion:
    """Draft the next version of a plan, for new subscriptions from now on."""
    return plans.draft_version(
        plan=plan,
        effective_from=story.at,
        existing_from=None if existing_from is None else date.fromisoformat(existing_from),
        prices=prices,
        by=ADA,
        reason=WHY,
        **more,
    )


def revises(
    story: Story, plan: Plan, *prices: PriceTerms, existing_from: str | None = None
) -> PlanVersion:
    """Publish the next version of a plan now."""
    version = drafts(story, plan, *prices, existing_from=existing_from)
    return publishing.publish(version=version, at=story.at, by=ADA, reason=WHY).version


def agrees(
    story: Story,
    subscription: Subscription,
    code: str,
    *,
    since: str,
    until: str | None = None,
    reason: str = "Contract 17",
    **definition: Any,
) -> PriceOverride:
    """Agree a price with one subscription."""
    return agreed_prices.agree(
        subscription=subscription,
        price=AgreedPrice(
            code, definition, instant(since), None if until is None else instant(until)
        ),
        at=story.at,
        by=ADA,
        reason=reason,
    )


def clears(story: Story, override: PriceOverride, until: str) -> PriceOverride:
    """Clear an agreed price."""
    return agreed_prices.clear(
        override=override, valid_until=instant(until), at=story.at, by=ADA, reason=WHY
    )
