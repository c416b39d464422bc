"""The people's paths."""

from django.urls import path

from console.accounts import resource_views, views
from console.catalogue import draft_views, meter_views
from console.catalogue import views as catalogue
from console.contracts import views as agreements
from console.invoices import explain_views, proof_views
from console.invoices import views as invoices
from console.runs import parallel_views
from console.runs import views as runs
from console.shell import inbox_views, preference_views, search_views, style_views
from console.usage import (
    backfill_views,
    correction_views,
    late_views,
    quarantine_views,
)
from console.usage import (
    views as usage,
)
from console.whatif import question_views
from console.whatif import views as simulations

app_name = "console"

urlpatterns = [
    path("", inbox_views.inbox, name="inbox"),
    path("search/", search_views.search_page, name="search"),
    path("accounts/", views.account_list, name="accounts"),
    path("accounts/<str:public_id>/", views.account, name="account"),
    path("accounts/<str:public_id>/bill/", views.account_bill, name="account-bill"),
    path(
        "accounts/<str:public_id>/bill/<int:position>/explain/",
        explain_views.bill_line,
        name="explain-bill",
    ),
    path("accounts/<str:public_id>/invoices/", views.account_invoices, name="account-invoices"),
    path("accounts/<str:public_id>/resources/", views.account_resources, name="account-resources"),
    path("accounts/<str:public_id>/plans/", agreements.account_plans, name="account-plans"),
    path(
        "accounts/<str:public_id>/plans/<str:subscription_id>/agree/",
        agreements.agree,
        name="account-agree",
    ),
    path(
        "accounts/<str:public_id>/agreed/<str:agreement_id>/clear/",
        agreements.clear,
        name="account-clear",
    ),
    path("accounts/<str:public_id>/history/", views.account_history, name="account-history"),
    path("resources/<str:public_id>/", resource_views.resource, name="resource"),
    path("invoices/", invoices.invoice_list, name="invoices"),
    path("invoices/<str:ref>/", invoices.invoice, name="invoice"),
    path(
        "invoices/<str:ref>/lines/<int:position>/explain/",
        explain_views.invoice_line,
        name="explain",
    ),
    path("invoices/<str:ref>/lines/<int:position>/proof/", proof_views.invoice_line, name="proof"),
    path(
        "accounts/<str:public_id>/bill/<int:position>/proof/",
        proof_views.bill_line,
        name="proof-bill",
    ),
    path("usage/events/", usage.event_list, name="events"),
    path("usage/events/<uuid:key>/", correction_views.event, name="event"),
    path(
        "usage/events/<uuid:key>/<slug:verb>/",
        correction_views.correct,
        name="event-correct",
    ),
    path("usage/late/", late_views.late_list, name="late"),
    path("usage/late/<str:ref>/waive/", late_views.waive, name="late-waive"),
    path("usage/backfills/", backfill_views.backfill_list, name="backfills"),
    path("usage/backfills/+new/", backfill_views.new, name="backfill-new"),
    path("usage/backfills/<str:public_id>/", backfill_views.backfill, name="backfill"),
    path("usage/backfills/<str:public_id>/<slug:step>/", backfill_views.take, name="backfill-step"),
    path("usage/quarantine/", quarantine_views.quarantine_list, name="quarantine"),
    path("usage/quarantine/settle/", quarantine_views.settle, name="quarantine-settle"),
    path("catalogue/", catalogue.plan_list, name="plans"),
    path("catalogue/plans/<str:public_id>/", catalogue.plan, name="plan"),
    path("catalogue/versions/<str:public_id>/", catalogue.version, name="version"),
    path("catalogue/versions/<str:public_id>/cases/", catalogue.cases, name="version-cases"),
    path("catalogue/versions/<str:public_id>/check/", catalogue.check, name="version-check"),
    path("catalogue/versions/<str:public_id>/compare/", catalogue.compare, name="version-compare"),
    path("catalogue/versions/<str:public_id>/draft/", draft_views.draft_new, name="version-draft"),
    path("catalogue/versions/<str:public_id>/dates/", draft_views.dates, name="version-dates"),
    path("catalogue/versions/<str:public_id>/price/", draft_views.price, name="version-price"),
    path(
        "catalogue/versions/<str:public_id>/price/remove/",
        draft_views.price_remove,
        name="version-price-remove",
    ),
    path("catalogue/versions/<str:public_id>/case/", draft_views.case, name="version-case"),
    path(
        "catalogue/versions/<str:public_id>/case/remove/",
        draft_views.case_remove,
        name="version-case-remove",
    ),
    path(
        "catalogue/versions/<str:public_id>/publish/", draft_views.publish, name="version-publish"
    ),
    path("catalogue/simulations/", simulations.simulation_list, name="simulations"),
    path("catalogue/simulations/back-test/", question_views.back_test, name="simulation-back-test"),
    path("catalogue/simulations/blast-radius/", question_views.blast, name="simulation-blast"),
    path("catalogue/simulations/<str:public_id>/", simulations.simulation, name="simulation"),
    path(
        "catalogue/simulations/<str:public_id>/rows.csv",
        simulations.simulation_csv,
        name="simulation-csv",
    ),
    path("catalogue/meters/", usage.meter_list, name="meters"),
    path("catalogue/meters/+new/", meter_views.new, name="meter-new"),
    path("catalogue/meters/<slug:code>/", usage.meter, name="meter"),
    path("catalogue/meters/<slug:code>/version/", meter_views.version, name="meter-version"),
    path("catalogue/meters/<slug:code>/retire/", meter_views.retire, name="meter-retire"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/parallel/", parallel_views.parallel_list, name="parallel-runs"),
    path("runs/parallel/<str:public_id>/", parallel_views.parallel_run, name="parallel-run"),
    path("runs/<str:public_id>/", runs.run, name="run"),
    path("runs/<str:public_id>/retry/", runs.run_retry, name="run-retry"),
    path("preferences/", preference_views.preferences, name="preferences"),
    path("keyboard/", preference_views.shortcuts, name="shortcuts"),
    path("console/style/", style_views.style, name="style"),
]
