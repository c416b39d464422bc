"""The machines' paths: /api, /oauth and what else they need at the root."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
