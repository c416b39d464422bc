"""The paths of disputes."""

from django.urls import path

from console.disputes import (
    batch_views,
    hours_views,
    incident_views,
    open_views,
    reply_views,
    views,
)
from console.shell.sheets import with_file

urlpatterns = [
    *with_file("incidents/", incident_views.incident_list, name="incidents"),
    path("incidents/new/", incident_views.incident_new, name="incident-new"),
    path("incidents/<str:public_id>/", incident_views.incident, name="incident"),
    path("incidents/<str:public_id>/amend/", incident_views.incident_amend, name="incident-amend"),
    *with_file("disputes/", views.dispute_list, name="disputes"),
    path("disputes/hours/", hours_views.dispute_hours, name="dispute-hours"),
    *with_file("disputes/batches/", batch_views.batch_list, name="dispute-batches"),
    path("disputes/batches/<str:public_id>/", batch_views.batch, name="dispute-batch"),
    path("disputes/<str:ref>/", views.dispute, name="dispute"),
    path("disputes/<str:ref>/reply/", reply_views.dispute_reply, name="dispute-reply"),
    path(
        "disputes/<str:ref>/lines/<str:line>/others/",
        batch_views.dispute_others,
        name="dispute-others",
    ),
    path("disputes/<str:ref>/files/<str:public_id>/", views.dispute_file, name="dispute-file"),
    path(
        "invoices/<str:ref>/lines/<int:position>/dispute/",
        open_views.dispute_new,
        name="dispute-new",
    ),
    path("invoices/<str:ref>/late/dispute/", open_views.dispute_late, name="dispute-late"),
]
