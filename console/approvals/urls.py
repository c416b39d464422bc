"""The paths of proposals."""

from django.urls import path

from console.approvals import propose_views, views

urlpatterns = [
    path("proposals/", views.proposal_list, name="proposals"),
    path("proposals/<str:public_id>/", views.proposal, name="proposal"),
    path("invoices/<str:ref>/propose/<slug:wanted>/", propose_views.propose, name="proposal-new"),
]
