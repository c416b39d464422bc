"""What was seen of an account with limits at the last look; may be dropped at any time."""

from django.db import models

from accounts.models import Account


class SpendingWatch(models.Model):
    """The last look at an account: what was spent by then, and when to look again unasked.

    `spent` is minor units of the billing period by public id of an app, of all under "". `news` is
    what told that something came in. Not before `rest_until` is it looked at for news, which is
    so many times as long as the look took.
    """

    account = models.OneToOneField(
        Account, on_delete=models.CASCADE, primary_key=True, related_name="spending_watch"
    )
    looked_at = models.DateTimeField()
    window_from = models.DateTimeField()
    spent = models.JSONField(default=dict)
    news = models.JSONField(default=list)
    again_at = models.DateTimeField()
    rest_until = models.DateTimeField()
    problem = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.account_id} at {self.looked_at:%Y-%m-%d %H:%M}"
