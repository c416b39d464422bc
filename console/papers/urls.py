"""The paths of documents."""

from django.urls import path

from console.papers import proof_views, views
from console.shell.sheets import with_file

urlpatterns = [
    *with_file("documents/", views.paper_list, name="papers"),
    path("documents/retry/", views.paper_retry, name="paper-retry"),
    path("documents/<str:public_id>/", views.paper_file, name="paper-file"),
    path("p/", proof_views.paper_codes, name="paper-codes"),
    path("p/<str:code>", proof_views.paper_proof, name="paper-proof"),
    path("p/<str:code>/proof", proof_views.paper_proof_file, name="paper-proof-file"),
]
