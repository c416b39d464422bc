"""The paths of runs."""

from django.urls import path

from console.runs import legacy_views, parallel_views, release_views, start_views, views
from console.shell.sheets import with_file

urlpatterns = [
    *with_file("runs/", views.run_list, name="runs"),
    *with_file("runs/parallel/", parallel_views.parallel_list, name="parallel-runs"),
    *with_file("runs/parallel/<str:public_id>/", parallel_views.parallel_run, name="parallel-run"),
    *with_file("runs/legacy/", legacy_views.legacy_list, name="legacy-imports"),
    path(
        "runs/legacy/invoices/<str:public_id>/",
        legacy_views.legacy_invoice,
        name="legacy-invoice",
    ),
    *with_file("runs/legacy/<str:public_id>/", legacy_views.legacy_import, name="legacy-import"),
    path("runs/new/", start_views.run_start, name="run-start"),
    *with_file("runs/<str:public_id>/", views.run, name="run"),
    path("runs/<str:public_id>/retry/", views.run_retry, name="run-retry"),
    path(
        "runs/<str:public_id>/release/<str:account_id>/",
        release_views.run_release,
        name="run-release",
    ),
]
