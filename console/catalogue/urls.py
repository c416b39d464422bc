"""The paths of catalogue."""

from django.urls import path

from console.catalogue import (
    draft_views,
    meter_views,
    price_views,
    removal_views,
    retire_views,
    views,
)
from console.shell.sheets import with_file

urlpatterns = [
    *with_file("catalogue/", views.plan_list, name="plans"),
    path("catalogue/plans/<str:public_id>/", views.plan, name="plan"),
    path("catalogue/plans/<str:public_id>/retire/", retire_views.plan_retire, name="plan-retire"),
    path("catalogue/versions/<str:public_id>/", views.version, name="version"),
    path("catalogue/versions/<str:public_id>/cases/", views.cases, name="version-cases"),
    path("catalogue/versions/<str:public_id>/check/", views.check, name="version-check"),
    path("catalogue/versions/<str:public_id>/compare/", views.compare, name="version-compare"),
    path("catalogue/versions/<str:public_id>/draft/", draft_views.draft_new, name="version-draft"),
    path("catalogue/versions/<str:public_id>/dates/", draft_views.dates, name="version-dates"),
    path("catalogue/versions/<str:public_id>/price/", price_views.price, name="version-price"),
    path(
        "catalogue/versions/<str:public_id>/price/remove/",
        removal_views.remove,
        {"what": "price"},
        name="version-price-remove",
    ),
    path("catalogue/versions/<str:public_id>/case/", draft_views.case, name="version-case"),
    path(
        "catalogue/versions/<str:public_id>/case/remove/",
        removal_views.remove,
        {"what": "case"},
        name="version-case-remove",
    ),
    path(
        "catalogue/versions/<str:public_id>/publish/", draft_views.publish, name="version-publish"
    ),
    path("catalogue/meters/+new/", meter_views.new, name="meter-new"),
    path("catalogue/meters/<slug:code>/version/", meter_views.version, name="meter-version"),
    path("catalogue/meters/<slug:code>/retire/", meter_views.retire, name="meter-retire"),
]
