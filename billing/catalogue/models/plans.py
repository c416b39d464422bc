"""The catalogue: what is sold, offers (Plan), their frozen terms (PlanVersion) and prices.

A version is edited while it is a draft and never again once published: the database refuses it.
What a price *means* lives in `billing.rating`; here it is only kept, as the JSON price document.
"""

import pgtrigger
from django.db import models
from django.db.models import Q

from billing.rating import PriceRule, parse_price
from core.db.fields import CurrencyField, PublicIdField
from core.db.immutability import Always, Refuse, no_truncate
from core.db.models import Tracked, UtcDay
from usage.models import Meter


class Product(Tracked):
    """Something the platform sells, such as dynos or data."""

    public_id = PublicIdField(prefix="prd")
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Plan(Tracked):
    """A named offer in one currency; its terms are in its versions."""

    public_id = PublicIdField(prefix="pln")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="plans")
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    currency = CurrencyField()
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Nobody subscribes from here on; who has it keeps it."
    )

    def __str__(self) -> str:
        return self.name


class PlanVersion(Tracked):
    """The terms of a plan from `effective_from` on; frozen once published.

    `existing_from` is the day, each account's own local day, from which subscriptions that started
    under an earlier version move to this one; empty: they never do.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"

    locked_after = ("plan",)

    public_id = PublicIdField(prefix="plv")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    effective_from = models.DateTimeField(help_text="New subscriptions get this version from here.")
    existing_from = models.DateField(
        null=True, blank=True, help_text="Earlier subscriptions move here on this local day."
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_number_unique"),
            models.CheckConstraint(
                condition=Q(existing_from__isnull=True)
                | Q(existing_from__gte=UtcDay("effective_from")),
                name="plan_version_existing_not_before_new",
            ),
            models.UniqueConstraint(
                fields=["plan", "effective_from"],
                condition=Q(state="published"),
                name="plan_version_effective_once",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", published_at__isnull=True)
                | Q(state="published", published_at__isnull=False),
                name="plan_version_published_has_instant",
            ),
        ]
        triggers = [
            Refuse(
                name="plan_version_frozen",
                level=pgtrigger.Row,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="published"),
            ),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.plan.name} v{self.number}"

    @property
    def is_draft(self) -> bool:
        """Whether prices may still be changed."""
        return self.state == self.State.DRAFT


def frozen_with_version(name: str, noun: str) -> Always:
    """Refuse to touch rows of a published version, or to move one to another version."""
    return Always(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("version_id", "bigint")],
        func=f"""
            IF TG_OP = 'DELETE' THEN version_id := OLD.plan_version_id;
            ELSE version_id := NEW.plan_version_id; END IF;
            IF EXISTS (SELECT 1 FROM catalogue_planversion
                       WHERE id = version_id AND state = 'published') THEN
                RAISE EXCEPTION '{noun} belongs to a published plan version'
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            IF TG_OP = 'UPDATE' AND OLD.plan_version_id <> NEW.plan_version_id THEN
                RAISE EXCEPTION 'a {noun} never moves to another plan version'
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,  # noqa: S608  names of this module, no data
    )


class Price(Tracked):
    """One pricing rule of a plan version.

    `meter` is empty for a fee that does not depend on usage. `match` narrows the usage the price
    applies to, by dimension value. `group_by` says what gets a line (and tiers, caps and
    allowances) of its own: "resource" and/or names of dimensions; empty means one line for the
    whole account.
    """

    locked_after = ("plan_version__plan", "plan_version")

    public_id = PublicIdField(prefix="prc")
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="prices")
    code = models.SlugField(max_length=64)
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0, help_text="Order on the invoice.")
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, null=True, blank=True)
    match = models.JSONField(default=dict, blank=True)
    group_by = models.JSONField(default=list, blank=True)
    tax_class = models.SlugField(
        max_length=64, blank=True, help_text="Class of products it is taxed as; empty: the usual."
    )
    definition = models.JSONField(help_text="The price document, as docs/pricing.md describes it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan_version", "code"], name="price_code_unique"),
        ]
        triggers = [frozen_with_version("price_frozen", "price"), no_truncate()]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def to_rating(self) -> PriceRule:
        """The price as the rating package understands it."""
        return parse_price(self.definition)
