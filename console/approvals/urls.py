"""The paths of proposals."""

from django.urls import path

from console.approvals import (
    again_views,
    bulk_views,
    deputy_views,
    emergency_views,
    mandate_views,
    policy_views,
    propose_views,
    views,
)
from console.shell.sheets import with_file

urlpatterns = [
    *with_file("proposals/", views.proposal_list, name="proposals"),
    path("proposals/+decide/", bulk_views.decide_many, name="proposals-decide"),
    path("proposals/+policy/", policy_views.policy_page, name="proposals-policy"),
    *with_file("proposals/+deputies/", deputy_views.deputies, name="proposals-deputies"),
    path(
        "proposals/+deputies/<str:public_id>/end/",
        deputy_views.deputy_end,
        name="proposals-deputy-end",
    ),
    *with_file(
        "proposals/+emergencies/", emergency_views.emergency_list, name="proposals-emergencies"
    ),
    *with_file("proposals/+mandates/", mandate_views.mandate_list, name="proposals-mandates"),
    *with_file(
        "proposals/+mandates/<str:public_id>/", mandate_views.mandate, name="proposals-mandate"
    ),
    path(
        "proposals/+mandates/<str:public_id>/review/",
        mandate_views.mandate_review,
        name="proposals-mandate-review",
    ),
    path("proposals/<str:public_id>/", views.proposal, name="proposal"),
    path("proposals/<str:public_id>/again/", again_views.proposal_again, name="proposal-again"),
    path(
        "proposals/<str:public_id>/clear/",
        emergency_views.emergency_clear,
        name="proposal-clear",
    ),
    path("invoices/<str:ref>/propose/<slug:wanted>/", propose_views.propose, name="proposal-new"),
]
