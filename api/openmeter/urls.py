"""The paths of OpenMeter's API that are answered here."""

from django.urls import path, re_path

from api.openmeter.events import take_in
from api.openmeter.meters import meter, meter_query, meters
from api.views import nothing_here

urlpatterns = [
    path("api/v1/events", take_in, name="openmeter-events"),
    path("api/v1/meters", meters, name="openmeter-meters"),
    path("api/v1/meters/<str:name>", meter, name="openmeter-meter"),
    path("api/v1/meters/<str:name>/query", meter_query, name="openmeter-query"),
    re_path(r"^", nothing_here),
]
