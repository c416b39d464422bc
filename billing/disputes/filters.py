"""What lists of disputes can be narrowed by."""

from django_filters import ChoiceFilter

from billing.disputes.models import DisputeCase
from core.filtering import IdFilter, NounFilters, TextFilter


class DisputeFilters(NounFilters):
    """By account, how it came, and the number of the ticket."""

    account = IdFilter("account__public_id", prefix="acc")
    channel = ChoiceFilter(choices=DisputeCase.Channel.choices)
    ticket = TextFilter("ticket", max_length=100)

    class Meta:
        model = DisputeCase
        fields: tuple[str, ...] = ()
