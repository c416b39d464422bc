"""The people's paths, room by room."""

from console.accounts.urls import urlpatterns as accounts
from console.approvals.urls import urlpatterns as approvals
from console.catalogue.urls import urlpatterns as catalogue
from console.contracts.urls import urlpatterns as contracts
from console.disputes.urls import urlpatterns as disputes
from console.finance.urls import urlpatterns as finance
from console.invoices.urls import urlpatterns as invoices
from console.oncall.urls import urlpatterns as oncall
from console.papers.urls import urlpatterns as papers
from console.runs.urls import urlpatterns as runs
from console.shell.urls import urlpatterns as shell
from console.usage.urls import urlpatterns as usage
from console.webhooks.urls import urlpatterns as webhooks
from console.whatif.urls import urlpatterns as whatif

app_name = "console"

urlpatterns = [
    *shell,
    *accounts,
    *invoices,
    *disputes,
    *approvals,
    *finance,
    *papers,
    *usage,
    *catalogue,
    *contracts,
    *whatif,
    *runs,
    *webhooks,
    *oncall,
]
