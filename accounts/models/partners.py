"""Who may report usage and read accounts over the API, and the credentials they do it with."""

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from oauth2_provider.models import Application

from accounts.models.accounts import Account
from core.db.fields import PublicIdField
from core.db.models import Tracked


class CredentialScope(models.TextChoices):
    """What a credential may be used for; the names are OAuth scopes."""

    USAGE_WRITE = "usage:write", "Send usage events"
    USAGE_READ = "usage:read", "Read what became of usage events"
    ACCOUNTS_READ = "accounts:read", "Read accounts"
    ACCOUNTS_WRITE = "accounts:write", "Keep accounts and resources in step"
    INVOICES_READ = "invoices:read", "Read invoices and their lines"
    PAYMENTS_READ = "payments:read", "Read payments and what is late"
    PAYMENTS_WRITE = "payments:write", "Record payments and put them on invoices"
    DISPUTES_READ = "disputes:read", "Read disputes"
    DISPUTES_WRITE = "disputes:write", "Contest charges and answer"
    QUOTES_WRITE = "quotes:write", "Work out prices of a document"
    EVENTS_READ = "events:read", "Read what happened to accounts"
    WEBHOOKS_READ = "webhooks:read", "Read webhook endpoints and deliveries"
    WEBHOOKS_WRITE = "webhooks:write", "Keep webhook endpoints, and send again"


class Partner(Tracked):
    """An add-on provider or a team of the platform that reports usage or reads accounts."""

    history_of_many: ClassVar[list[str]] = ["readable_accounts", "reportable_accounts"]

    class Kind(models.TextChoices):
        ADDON_PROVIDER = "addon_provider", "Add-on provider"
        INTERNAL = "internal", "Internal team"

    public_id = PublicIdField(prefix="par")
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    sources = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="Event sources it may report as, exactly as written in the events.",
    )
    event_types = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text="Event types it may report.",
    )
    reports_every_resource = models.BooleanField(
        default=False,
        help_text="For internal teams only; otherwise it reports for resources of the reportable "
        "accounts and for add-ons it provides.",
    )
    reportable_accounts = models.ManyToManyField(
        Account,
        blank=True,
        related_name="reporters",
        help_text="Whose resources it may report usage of.",
    )
    reads_every_account = models.BooleanField(
        default=False, help_text="For internal teams only; otherwise the readable accounts."
    )
    readable_accounts = models.ManyToManyField(Account, blank=True, related_name="readers")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["addon_provider", "internal"]), name="partner_kind"
            ),
            models.CheckConstraint(
                condition=Q(reads_every_account=False) | Q(kind="internal"),
                name="partner_only_internal_reads_every_account",
            ),
            models.CheckConstraint(
                condition=Q(reports_every_resource=False) | Q(kind="internal"),
                name="partner_only_internal_reports_everything",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PartnerCredential(Tracked):
    """A client id and secret of a partner, good for some scopes until it expires or is revoked.

    The secret is kept hashed by the OAuth application; nobody can read it again.
    """

    public_id = PublicIdField(prefix="crd")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="credentials")
    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="credential"
    )
    label = models.CharField(max_length=100)
    scopes = ArrayField(models.CharField(max_length=32, choices=CredentialScope.choices))
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("issued_at")),
                name="partner_credential_expires_after_issue",
            ),
            models.CheckConstraint(
                condition=Q(scopes__len__gt=0), name="partner_credential_has_a_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} of {self.partner}"

    def is_live(self, at: datetime) -> bool:
        """Whether it may be used at `at`."""
        is_expired = self.expires_at is not None and self.expires_at <= at
        is_revoked = self.revoked_at is not None and self.revoked_at <= at
        return not is_expired and not is_revoked
