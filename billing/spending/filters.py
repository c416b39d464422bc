"""What lists of limits on spending can be narrowed by; both doors have it."""

from django.db.models import QuerySet
from django_filters import ChoiceFilter

from billing.spending.models import SpendingLimit
from core.filtering import IdFilter, NounFilters


class SpendingLimitFilters(NounFilters):
    """By account, by app, and whether it stops."""

    account = IdFilter("account__public_id", prefix="acc")
    resource = IdFilter("resource__public_id", prefix="res")
    stops = ChoiceFilter(choices=[("true", "true"), ("false", "false")], method="stopping")

    class Meta:
        model = SpendingLimit
        fields: tuple[str, ...] = ()

    def stopping(
        self, rows: QuerySet[SpendingLimit], name: str, value: str
    ) -> QuerySet[SpendingLimit]:
        """Those that stop, or those that only tell."""
        return rows.filter(stops=value == "true")
