"""A process that bills so many accounts and prints its peak of resident memory, in MiB."""

import os
import sys

import django


def main() -> None:
    django.setup()
    from accounts.models import Account
    from benchmarks.measure import peak_resident_mb
    from benchmarks.rows.bill_run import bill

    count = int(sys.argv[1])
    bill(list(Account.objects.order_by("pk").values_list("pk", flat=True)[:count]))
    print(peak_resident_mb(os.getpid()))


if __name__ == "__main__":
    main()
