"""Accounts, what is printed on their invoices, and who pays for them when.

Periods are half-open, [from, until), in UTC; an open end is null. The database refuses overlaps;
that there is no gap either is the operations' work and an invariant.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from core.db.fields import CurrencyField, PublicIdField
from core.db.models import Tracked, ends_after_start, no_overlap
from core.periods import UnknownZone, local_midnight


class Account(Tracked):
    """A customer: a person, a team, or an enterprise with teams below it."""

    class Kind(models.TextChoices):
        PERSONAL = "personal", "Personal"
        TEAM = "team", "Team"
        ENTERPRISE = "enterprise", "Enterprise"

    public_id = PublicIdField(prefix="acc")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="teams"
    )
    currency = CurrencyField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    billing_anchor_on = models.DateField(
        help_text="Billing periods are counted in months from this local date."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | Q(kind="team"),
                name="account_only_teams_have_a_parent",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="account_is_not_its_parent",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["personal", "team", "enterprise"]), name="account_kind"
            ),
            ends_after_start("account_closes_after_opening", start="opened_at", end="closed_at"),
        ]

    def __str__(self) -> str:
        return self.name


def validate_zone(zone: str) -> None:
    """Raises: ValidationError, unless `zone` is an IANA time zone."""
    try:
        local_midnight(date(2000, 1, 1), zone)
    except UnknownZone as unknown:
        raise ValidationError(str(unknown), code="zone_unknown") from unknown


class BillingProfile(Tracked):
    """What an account's invoices print and which days they count, for a time.

    Invoices copy what they print, so revising a profile never changes one.
    """

    class TaxIdStatus(models.TextChoices):
        UNVERIFIED = "unverified", "Not verified"
        VERIFIED = "verified", "Confirmed by its register"
        INVALID = "invalid", "Refused by its register"

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        GERMAN = "de", "German"

    public_id = PublicIdField(prefix="bpr")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="profiles")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    legal_name = models.CharField(max_length=300)
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=64, blank=True)
    email = models.EmailField(blank=True)
    country = models.CharField(
        max_length=2, blank=True, help_text="ISO 3166 code, such as DE; decides the tax."
    )
    region = models.CharField(
        max_length=8, blank=True, help_text="Where tax differs within the country, such as CA."
    )
    tax_id_status = models.CharField(
        max_length=16,
        choices=TaxIdStatus.choices,
        default=TaxIdStatus.UNVERIFIED,
        help_text="Only a tax id that its register confirmed shifts the tax to the payer.",
    )
    prices_include_tax = models.BooleanField(
        default=False, help_text="Whether the prices it is rated by have the tax in them."
    )
    language = models.CharField(
        max_length=2,
        choices=Language.choices,
        default=Language.ENGLISH,
        help_text="Of the papers: invoices, credit notes.",
    )
    zone = models.CharField(max_length=64, validators=[validate_zone], help_text="IANA time zone.")
    terms_days = models.PositiveSmallIntegerField(help_text="Days from issue to the due date.")

    class Meta:
        constraints = [
            no_overlap(
                "billing_profile_no_overlap",
                same=["account"],
                start="valid_from",
                end="valid_until",
            ),
            ends_after_start(
                "billing_profile_ends_after_start", start="valid_from", end="valid_until"
            ),
            models.CheckConstraint(
                condition=Q(terms_days__lte=365), name="billing_profile_terms_within_a_year"
            ),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex=r"^[A-Z]{2}$"),
                name="billing_profile_country_is_a_code",
            ),
            models.CheckConstraint(
                condition=Q(region="") | ~Q(country=""), name="billing_profile_region_of_a_country"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name} from {self.valid_from:%Y-%m-%d}"


class PayerAssignment(Tracked):
    """Who receives an account's invoices, for a time: itself, or the enterprise above it."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payers")
    payer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="paid_accounts")
    paid_from = models.DateTimeField()
    paid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            no_overlap(
                "payer_assignment_no_overlap",
                same=["account"],
                start="paid_from",
                end="paid_until",
            ),
            ends_after_start(
                "payer_assignment_ends_after_start", start="paid_from", end="paid_until"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} paid by {self.payer}"
