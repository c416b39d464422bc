"""The paths of runs."""

from django.urls import path

from console.runs import legacy_views, parallel_views, release_views, start_views, views

urlpatterns = [
    path("runs/", views.run_list, name="runs"),
    path("runs/parallel/", parallel_views.parallel_list, name="parallel-runs"),
    path("runs/parallel/<str:public_id>/", parallel_views.parallel_run, name="parallel-run"),
    path("runs/legacy/", legacy_views.legacy_list, name="legacy-imports"),
    path(
        "runs/legacy/invoices/<str:public_id>/",
        legacy_views.legacy_invoice,
        name="legacy-invoice",
    ),
    path("runs/legacy/<str:public_id>/", legacy_views.legacy_import, name="legacy-import"),
    path("runs/new/", start_views.run_start, name="run-start"),
    path("runs/<str:public_id>/", views.run, name="run"),
    path("runs/<str:public_id>/retry/", views.run_retry, name="run-retry"),
    path(
        "runs/<str:public_id>/release/<str:account_id>/",
        release_views.run_release,
        name="run-release",
    ),
]
