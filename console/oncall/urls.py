"""The paths of whoever is on call."""

from django.urls import path

from console.oncall import views

urlpatterns = [
    path("oncall/", views.oncall, name="oncall"),
    path("oncall/queues/<slug:queue>/", views.oncall_queue, name="oncall-queue"),
]
