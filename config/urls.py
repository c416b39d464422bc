"""The root of all URLs. Each door owns its own paths; this file only says which door is where."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("staff/", include("allauth.urls")),
    path("", include("api.urls")),
    path("", include("console.urls")),
]
