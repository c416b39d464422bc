"""What lists of licences and of their movements can be narrowed by; both doors have it."""

from django_filters import ChoiceFilter

from billing.licences.models import License, Movement
from core.filtering import IdFilter, NounFilters


class LicenseFilters(NounFilters):
    """By account."""

    account = IdFilter("account__public_id", prefix="acc")

    class Meta:
        model = License
        fields: tuple[str, ...] = ()


class MovementFilters(NounFilters):
    """By licence, by pool, by whose use it was, by kind."""

    licence = IdFilter("bucket__commitment__license__public_id", prefix="lic")
    pool = IdFilter("bucket__commitment__public_id", prefix="cmt")
    account = IdFilter("account__public_id", prefix="acc")
    kind = ChoiceFilter("kind", choices=Movement.Kind.choices)

    class Meta:
        model = Movement
        fields: tuple[str, ...] = ()
