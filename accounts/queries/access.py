"""Which accounts a partner may read; every machine door starts from this queryset."""

from django.db.models import QuerySet

from accounts.models import Account


def readable_accounts(*, partner_id: int, reads_every_account: bool) -> QuerySet[Account]:
    """The accounts a partner may read, and nothing that hints at the others."""
    if reads_every_account:
        return Account.objects.all()
    return Account.objects.filter(readers=partner_id)
