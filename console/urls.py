"""The people's paths."""

from django.urls import path

from console.views import (
    accounts,
    agreements,
    catalogue,
    drafts,
    explain,
    inbox,
    invoices,
    parallel,
    preferences,
    proofs,
    questions,
    quarantine,
    resources,
    runs,
    search,
    simulations,
    style,
    usage,
)

app_name = "console"

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("search/", search.search_page, name="search"),
    path("accounts/", accounts.account_list, name="accounts"),
    path("accounts/<str:public_id>/", accounts.account, name="account"),
    path("accounts/<str:public_id>/bill/", accounts.account_bill, name="account-bill"),
    path(
        "accounts/<str:public_id>/bill/<int:position>/explain/",
        explain.bill_line,
        name="explain-bill",
    ),
    path("accounts/<str:public_id>/invoices/", accounts.account_invoices, name="account-invoices"),
    path(
        "accounts/<str:public_id>/resources/", accounts.account_resources, name="account-resources"
    ),
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
    path("accounts/<str:public_id>/history/", accounts.account_history, name="account-history"),
    path("resources/<str:public_id>/", resources.resource, name="resource"),
    path("invoices/", invoices.invoice_list, name="invoices"),
    path("invoices/<str:ref>/", invoices.invoice, name="invoice"),
    path("invoices/<str:ref>/lines/<int:position>/explain/", explain.invoice_line, name="explain"),
    path("invoices/<str:ref>/lines/<int:position>/proof/", proofs.invoice_line, name="proof"),
    path(
        "accounts/<str:public_id>/bill/<int:position>/proof/", proofs.bill_line, name="proof-bill"
    ),
    path("usage/events/", usage.event_list, name="events"),
    path("usage/events/<uuid:key>/", usage.event, name="event"),
    path("usage/quarantine/", quarantine.quarantine_list, name="quarantine"),
    path("usage/quarantine/settle/", quarantine.settle, name="quarantine-settle"),
    path("catalogue/", catalogue.plan_list, name="plans"),
    path("catalogue/plans/<str:public_id>/", catalogue.plan, name="plan"),
    path("catalogue/versions/<str:public_id>/", catalogue.version, name="version"),
    path("catalogue/versions/<str:public_id>/cases/", catalogue.cases, name="version-cases"),
    path("catalogue/versions/<str:public_id>/check/", catalogue.check, name="version-check"),
    path("catalogue/versions/<str:public_id>/compare/", catalogue.compare, name="version-compare"),
    path("catalogue/versions/<str:public_id>/draft/", drafts.draft_new, name="version-draft"),
    path("catalogue/versions/<str:public_id>/dates/", drafts.dates, name="version-dates"),
    path("catalogue/versions/<str:public_id>/price/", drafts.price, name="version-price"),
    path(
        "catalogue/versions/<str:public_id>/price/remove/",
        drafts.price_remove,
        name="version-price-remove",
    ),
    path("catalogue/versions/<str:public_id>/case/", drafts.case, name="version-case"),
    path(
        "catalogue/versions/<str:public_id>/case/remove/",
        drafts.case_remove,
        name="version-case-remove",
    ),
    path("catalogue/versions/<str:public_id>/publish/", drafts.publish, name="version-publish"),
    path("catalogue/simulations/", simulations.simulation_list, name="simulations"),
    path("catalogue/simulations/back-test/", questions.back_test, name="simulation-back-test"),
    path("catalogue/simulations/blast-radius/", questions.blast, name="simulation-blast"),
    path("catalogue/simulations/<str:public_id>/", simulations.simulation, name="simulation"),
    path(
        "catalogue/simulations/<str:public_id>/rows.csv",
        simulations.simulation_csv,
        name="simulation-csv",
    ),
    path("catalogue/meters/", usage.meter_list, name="meters"),
    path("catalogue/meters/<slug:code>/", usage.meter, name="meter"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/parallel/", parallel.parallel_list, name="parallel-runs"),
    path("runs/parallel/<str:public_id>/", parallel.parallel_run, name="parallel-run"),
    path("runs/<str:public_id>/", runs.run, name="run"),
    path("runs/<str:public_id>/retry/", runs.run_retry, name="run-retry"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("keyboard/", preferences.shortcuts, name="shortcuts"),
    path("console/style/", style.style, name="style"),
]
