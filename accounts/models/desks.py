"""What belongs to the desk of one person: views of lists, rows put off, looks as a customer.

All of it is kept: what was ended or is over stays as a row.
"""

from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import F, Q

from accounts.models.accounts import Account
from accounts.models.users import User
from core.db.fields import PublicIdField
from core.db.models import AppendOnly

LOOKS_FOR: Final = timedelta(minutes=30)
"""How long one look as a customer lasts: a call, not a working day."""
PUT_OFF_MOST: Final = timedelta(days=31)


class SavedView(AppendOnly):
    """A list narrowed and sorted as its address says, under a name; one's own, or everybody's.

    `page` is the name of the list's address, `query` what stands behind the question mark.
    """

    public_id = PublicIdField(prefix="svw")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="saved_views")
    page = models.CharField(max_length=64)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True, default="")
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["page", "name"], name="saved_view_by_page")]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name")]

    def __str__(self) -> str:
        return self.name


class SavedViewEnd(AppendOnly):
    """That a view was taken away, or replaced by one of the same name."""

    view = models.OneToOneField(SavedView, on_delete=models.PROTECT, related_name="end")
    ended_at = models.DateTimeField()
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="views_ended")

    def __str__(self) -> str:
        return f"End of {self.view}"


class PutOff(AppendOnly):
    """One row of one person's inbox, out of sight until an instant; the latest word holds.

    `about` is the public id of what the row is about. Others who have the row go on seeing it.
    """

    public_id = PublicIdField(prefix="pof")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="put_off")
    about = models.CharField(max_length=64)
    said_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["person", "-until"], name="put_off_by_person")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="put_off_says_why"),
            models.CheckConstraint(
                condition=Q(until__gte=F("said_at"), until__lte=F("said_at") + PUT_OFF_MOST),
                name="put_off_is_not_for_good",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} until {self.until:%Y-%m-%d %H:%M}"


class CustomerLook(AppendOnly):
    """Somebody of the staff looked at an account as it is shown outside the house, and why."""

    public_id = PublicIdField(prefix="clk")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="customer_looks")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="customer_looks")
    began_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["person", "account", "-until"], name="customer_look_open"),
            models.Index(fields=["account", "began_at"], name="customer_look_by_account"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="customer_look_says_why"),
            models.CheckConstraint(
                condition=Q(until__gt=F("began_at"), until__lte=F("began_at") + LOOKS_FOR),
                name="customer_look_is_short",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} as {self.account}"
