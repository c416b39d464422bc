"""The paths of runs."""

from django.urls import path

from console.runs import parallel_views, release_views, start_views, views

urlpatterns = [
    path("runs/", views.run_list, name="runs"),
    path("runs/parallel/", parallel_views.parallel_list, name="parallel-runs"),
    path("runs/parallel/<str:public_id>/", parallel_views.parallel_run, name="parallel-run"),
    path("runs/new/", start_views.run_start, name="run-start"),
    path("runs/<str:public_id>/", views.run, name="run"),
    path("runs/<str:public_id>/retry/", views.run_retry, name="run-retry"),
    path(
        "runs/<str:public_id>/release/<str:account_id>/",
        release_views.run_release,
        name="run-release",
    ),
]
