"""The paths of contracts."""

from django.urls import path

from console.contracts import views

urlpatterns = [
    path("accounts/<str:public_id>/plans/", views.account_plans, name="account-plans"),
    path(
        "accounts/<str:public_id>/plans/<str:subscription_id>/agree/",
        views.agree,
        name="account-agree",
    ),
    path(
        "accounts/<str:public_id>/agreed/<str:agreement_id>/clear/",
        views.clear,
        name="account-clear",
    ),
]
