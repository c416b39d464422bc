"""The paths of usage."""

from django.urls import path

from console.shell.sheets import with_file
from console.usage import (
    backfill_views,
    correction_views,
    late_views,
    quarantine_views,
    register_views,
    settle_views,
    source_views,
    views,
)

urlpatterns = [
    *with_file("usage/events/", views.event_list, name="events"),
    path("usage/events/<uuid:key>/", correction_views.event, name="event"),
    path(
        "usage/events/<uuid:key>/<slug:verb>/",
        correction_views.correct,
        name="event-correct",
    ),
    *with_file("usage/sources/", source_views.source_list, name="sources"),
    path(
        "usage/sources/<str:public_id>/bills/", source_views.source_require, name="sources-require"
    ),
    path("usage/sources/<str:public_id>/waive/", source_views.source_waive, name="sources-waive"),
    *with_file("usage/late/", late_views.late_list, name="late"),
    path("usage/late/<str:ref>/waive/", late_views.waive, name="late-waive"),
    *with_file("usage/backfills/", backfill_views.backfill_list, name="backfills"),
    path("usage/backfills/+new/", backfill_views.new, name="backfill-new"),
    path("usage/backfills/<str:public_id>/", backfill_views.backfill, name="backfill"),
    path("usage/backfills/<str:public_id>/<slug:step>/", backfill_views.take, name="backfill-step"),
    *with_file("usage/quarantine/", quarantine_views.quarantine_list, name="quarantine"),
    path("usage/quarantine/register/", register_views.register, name="quarantine-register"),
    path("usage/quarantine/settle/", settle_views.settle, name="quarantine-settle"),
    path(
        "usage/quarantine/settlements/<str:public_id>/",
        settle_views.held_settlement,
        name="held-settlement",
    ),
    *with_file("catalogue/meters/", views.meter_list, name="meters"),
    path("catalogue/meters/<slug:code>/", views.meter, name="meter"),
]
