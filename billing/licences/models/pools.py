"""Commitments, the buckets their windows become, the movements of those, and what was told.

A bucket's figures are sums of its movements, kept by a trigger; nothing else may change them, and
none can fall below nothing.
"""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, Resource
from billing.licences.models.licenses import License, LicenseProduct
from billing.licences.windows import CutWindow, Pace, RampStep, Rollover, WindowLength
from core.db.fields import MinorAmountField, PublicIdField, QuantityField
from core.db.immutability import Always, Refuse, no_truncate
from core.db.models import AppendOnly, ends_after_start
from core.periods import Period


class PoolCommitment(AppendOnly):
    """Units (or money, where `unit` is empty) agreed for each window of a licence's term.

    What it covers is paid for in advance; where it is `counted`, use is billed as it comes and only
    counted, and what a window was short of is made good afterwards. `ramp` are rows of
    `from_window` and `quantity`. Its scope: products by code, accounts; none named is all there is.
    """

    public_id = PublicIdField(prefix="cmt")
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="commitments")
    product = models.ForeignKey(
        LicenseProduct, on_delete=models.PROTECT, related_name="commitments"
    )
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=64, blank=True, help_text="Empty: money.")
    window = models.CharField(
        max_length=16, choices=[(each.value, each.value) for each in WindowLength]
    )
    quantity = QuantityField(help_text="Of a whole window.")
    ramp = models.JSONField(default=list, blank=True)
    cut = models.CharField(max_length=16, choices=[(each.value, each.value) for each in CutWindow])
    rollover = models.CharField(
        max_length=16, choices=[(each.value, each.value) for each in Rollover]
    )
    rollover_cap = QuantityField(null=True, blank=True)  # type: ignore[misc]  # null has no generic
    places = models.PositiveSmallIntegerField(default=2)
    priority = models.PositiveSmallIntegerField(default=100)
    is_promotional = models.BooleanField(default=False)
    is_counted = models.BooleanField(default=False)
    product_codes = models.JSONField(default=list, blank=True)
    account_ids = models.JSONField(default=list, blank=True, help_text="Public ids.")
    thresholds = models.JSONField(default=list, help_text="Shares of a window that are told.")
    made_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="commitment_quantity"),
            models.CheckConstraint(
                condition=Q(rollover_cap__isnull=True) | Q(rollover_cap__gte=0),
                name="commitment_cap",
            ),
            models.CheckConstraint(condition=Q(places__lte=18), name="commitment_places"),
            models.CheckConstraint(
                condition=Q(window__in=[each.value for each in WindowLength]),
                name="commitment_window_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def pace(self) -> Pace:
        """How it is cut into windows and filled, as agreed at first."""
        return Pace(
            window=WindowLength(self.window),
            quantity=self.quantity,
            ramp=[RampStep(each["from_window"], Decimal(each["quantity"])) for each in self.ramp],
            cut=CutWindow(self.cut),
            rollover=Rollover(self.rollover),
            cap=self.rollover_cap,
            places=self.places,
        )


class PoolBucket(models.Model):
    """The units of a commitment in one window; those carried into it have a bucket of their own.

    `granted` is what was put in or taken away, rolls included; `drawn`, `lapsed` and `trued_up`
    what left it. The balance is what is left.
    """

    public_id = PublicIdField(prefix="bkt")
    commitment = models.ForeignKey(
        PoolCommitment, on_delete=models.PROTECT, related_name="buckets", db_index=False
    )
    number = models.PositiveIntegerField()
    is_carried = models.BooleanField(default=False)
    window_from = models.DateTimeField()
    window_until = models.DateTimeField()
    whole_from = models.DateTimeField(help_text="The window without what the term cuts off.")
    whole_until = models.DateTimeField()
    granted = QuantityField(default=0)
    drawn = QuantityField(default=0)
    lapsed = QuantityField(default=0)
    trued_up = QuantityField(default=0)
    balance = models.GeneratedField(
        expression=F("granted") - F("drawn") - F("lapsed") - F("trued_up"),
        output_field=models.DecimalField(max_digits=38, decimal_places=18),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "number", "is_carried"], name="bucket_once_a_window"
            ),
            ends_after_start("bucket_half_open", start="window_from", end="window_until"),
            models.CheckConstraint(
                condition=Q(drawn__gte=0, lapsed__gte=0, trued_up__gte=0, granted__gte=0),
                name="bucket_gives_back_no_more",
            ),
            models.CheckConstraint(
                condition=Q(granted__gte=F("drawn") + F("lapsed") + F("trued_up")),
                name="bucket_never_below_nothing",
            ),
        ]
        triggers = [
            Always(
                name="bucket_only_by_movements",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'a bucket changes by movements alone'
                            USING ERRCODE = 'restrict_violation',
                                  CONSTRAINT = 'bucket_only_by_movements';
                    END IF;
                    RETURN NEW;
                """,
            ),
            Refuse(name="bucket_kept", level=pgtrigger.Row, operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.commitment}, {self.window_from:%Y-%m-%d}"

    @property
    def span(self) -> Period:
        """When it can be drawn from."""
        return Period(self.window_from, self.window_until)


_BOOKED = """
    UPDATE licences_poolbucket AS bucket
    SET granted = bucket.granted + moved.granted, drawn = bucket.drawn + moved.drawn,
        lapsed = bucket.lapsed + moved.lapsed, trued_up = bucket.trued_up + moved.trued_up
    FROM (
        SELECT bucket_id,
            coalesce(sum(units) FILTER (WHERE kind IN ('grant', 'amend', 'roll_in', 'roll_out',
                'credit_back', 'revoke')), 0) AS granted,
            coalesce(-sum(units) FILTER (WHERE kind IN ('draw', 'draw_adjustment',
                'draw_reversal')), 0) AS drawn,
            coalesce(-sum(units) FILTER (WHERE kind = 'expiry'), 0) AS lapsed,
            coalesce(-sum(units) FILTER (WHERE kind = 'true_up'), 0) AS trued_up
        FROM written GROUP BY bucket_id ORDER BY bucket_id
    ) AS moved
    WHERE bucket.id = moved.bucket_id;
    RETURN NULL;
"""


class Movement(AppendOnly):
    """One change of a bucket by so many units: above 0 in, below 0 out. Nothing is ever edited.

    What undoes another names it, and a roll names the bucket on its other side. A draw says for
    whom and by which charge of which document it was, what money it covers, and the key that chose
    its bucket.
    """

    class Kind(models.TextChoices):
        GRANT = "grant", "Grant"
        AMEND = "amend", "Amendment"
        DRAW = "draw", "Draw"
        DRAW_ADJUSTMENT = "draw_adjustment", "Draw adjustment"
        DRAW_REVERSAL = "draw_reversal", "Draw reversal"
        EXPIRY = "expiry", "Expiry"
        ROLL_OUT = "roll_out", "Rolled on"
        ROLL_IN = "roll_in", "Rolled in"
        TRUE_UP = "true_up", "True-up"
        CREDIT_BACK = "credit_back", "Credit back"
        REVOKE = "revoke", "Revocation"

    public_id = PublicIdField(prefix="mov")
    bucket = models.ForeignKey(
        PoolBucket, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    units = QuantityField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)
    reason = models.TextField()
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    counterpart = models.ForeignKey(
        PoolBucket,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    document = models.CharField(max_length=40, blank=True, help_text="The invoice it is on.")
    charge = models.CharField(max_length=300, blank=True, help_text="The charge it covers.")
    product = models.CharField(max_length=64, blank=True, help_text="The product that was used.")
    used_from = models.DateTimeField(null=True, blank=True)
    amount_minor = MinorAmountField(default=0, help_text="What it covers, in minor units.")
    draw_key = models.CharField(max_length=200, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["bucket", "effective_at", "id"], name="movement_of_bucket"),
            models.Index(
                fields=["document"], condition=~Q(document=""), name="movement_of_document"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["grant", "roll_in", "credit_back"], units__gt=0)
                | Q(kind__in=["roll_out", "true_up", "revoke", "draw"], units__lt=0)
                | Q(kind="draw_reversal", units__gt=0, reverses__isnull=False)
                | (Q(kind="draw_adjustment", reverses__isnull=False) & ~Q(units=0))
                | (Q(kind="amend") & ~Q(units=0))
                | Q(kind="expiry", units__lt=0, reverses__isnull=True)
                | Q(kind="expiry", units__gt=0, reverses__isnull=False),
                name="movement_kind_has_a_direction",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["roll_out", "roll_in"]) | Q(counterpart__isnull=False),
                name="movement_roll_names_both",
            ),
            models.CheckConstraint(
                condition=~Q(kind="draw") | (~Q(draw_key="") & Q(account__isnull=False)),
                name="movement_draw_says_whose",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="movement_says_why"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            Always(
                name="movements_are_booked",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="written"),  # type: ignore[no-untyped-call]
                func=_BOOKED,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.units}"


class PoolAlert(AppendOnly):
    """That a share of a window was told as used: once for each threshold and window."""

    bucket = models.ForeignKey(PoolBucket, on_delete=models.PROTECT, related_name="alerts")
    threshold = models.PositiveSmallIntegerField(help_text="Per cent of the window.")
    used = QuantityField()
    told_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["bucket", "threshold"], name="pool_alert_once"),
            models.CheckConstraint(
                condition=Q(threshold__gte=1, threshold__lte=100), name="pool_alert_threshold"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.threshold} % of {self.bucket}"
