"""The paths of disputes."""

from django.urls import path

from console.disputes import open_views, views

urlpatterns = [
    path("disputes/", views.dispute_list, name="disputes"),
    path("disputes/<str:ref>/", views.dispute, name="dispute"),
    path("disputes/<str:ref>/files/<str:public_id>/", views.dispute_file, name="dispute-file"),
    path(
        "invoices/<str:ref>/lines/<int:position>/dispute/",
        open_views.dispute_new,
        name="dispute-new",
    ),
]
