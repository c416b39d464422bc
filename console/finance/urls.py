"""The paths of finance."""

from django.urls import path

from console.finance import views

urlpatterns = [
    path("receivables/", views.receivables, name="receivables"),
    path("accounts/<str:public_id>/statement/", views.account_statement, name="account-statement"),
]
