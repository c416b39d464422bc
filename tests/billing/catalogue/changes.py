"""Changes of price, told in dates: new plan versions, and prices agreed with one subscription."""

from datetime import date
from typing import Any

from billing.models import Plan, PlanVersion, PriceOverride, Subscription
from billing.operations import agreements, catalogue
from billing.operations.agreements import AgreedPrice
from billing.operations.catalogue import PriceTerms
from tests.people import ADA
from tests.story import WHY, Story, instant


def drafts(
    story: Story, plan: Plan, *prices: PriceTerms, existing_from: str | None = None, **more: Any
) -> PlanVersion:
    """Draft the next version of a plan, for new subscriptions from now on."""
    return catalogue.draft_version(
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
    return catalogue.publish(version=version, at=story.at, by=ADA, reason=WHY).version


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
    return agreements.agree(
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
    return agreements.clear(
        override=override, valid_until=instant(until), at=story.at, by=ADA, reason=WHY
    )
