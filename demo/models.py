"""How far the demo got, so that it can be stopped at any moment and started again."""

from django.db import models


class PlayedMonth(models.Model):
    """The one play of this database: its parameters, and the steps done so far.

    The play follows from `seed` and `played_until`, so an interrupted sending is simply sent again.
    """

    seed = models.CharField(max_length=64)
    played_until = models.DateTimeField()
    client_id = models.CharField(max_length=255)
    # Kept in plain text because the demo prints it each time; it opens nothing else.
    client_secret = models.CharField(max_length=255)
    sending_started_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    bill_run = models.ForeignKey(
        "invoicing.BillRun", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.seed} until {self.played_until:%Y-%m-%d %H:%M}"
