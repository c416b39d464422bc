"""The paths of simulations."""

from django.urls import path

from console.shell.sheets import with_file
from console.whatif import question_views, views

urlpatterns = [
    *with_file("catalogue/simulations/", views.simulation_list, name="simulations"),
    path("catalogue/simulations/back-test/", question_views.back_test, name="simulation-back-test"),
    path("catalogue/simulations/blast-radius/", question_views.blast, name="simulation-blast"),
    path("catalogue/simulations/<str:public_id>/", views.simulation, name="simulation"),
    path(
        "catalogue/simulations/<str:public_id>/+<file_kind:kind>/",
        views.simulation_file,
        name="simulation-file",
    ),
]
