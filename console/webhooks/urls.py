"""The paths of webhooks."""

from django.urls import path

from console.shell.sheets import with_file
from console.webhooks import step_views, views

urlpatterns = [
    *with_file("webhooks/", views.endpoint_list, name="webhooks"),
    path("webhooks/+new/", step_views.new, name="webhook-new"),
    path("webhooks/deliveries/<str:public_id>/", views.delivery, name="webhook-delivery"),
    path(
        "webhooks/deliveries/<str:public_id>/resend/",
        step_views.resend,
        name="webhook-delivery-resend",
    ),
    path(
        "webhooks/deliveries/<str:public_id>/expunge/",
        step_views.expunge,
        name="webhook-delivery-expunge",
    ),
    *with_file("webhooks/<str:public_id>/", views.endpoint, name="webhook"),
    path("webhooks/<str:public_id>/change/", step_views.change_endpoint, name="webhook-change"),
    path("webhooks/<str:public_id>/<slug:step>/", step_views.endpoint_step, name="webhook-step"),
]
