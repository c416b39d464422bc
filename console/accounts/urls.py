"""The paths of accounts."""

from django.urls import path

from console.accounts import (
    customer_views,
    list_views,
    overview_views,
    personal_views,
    resource_views,
    terms_views,
    views,
)
from console.shell.sheets import with_file

urlpatterns = [
    path("accounts/", list_views.account_list, name="accounts"),
    path("accounts/+<file_kind:kind>/", list_views.account_file, name="accounts-file"),
    path("accounts/<str:public_id>/", overview_views.account, name="account"),
    path(
        "accounts/<str:public_id>/personal/",
        personal_views.account_personal,
        name="account-personal",
    ),
    path(
        "accounts/<str:public_id>/as-customer/",
        customer_views.as_customer,
        name="account-as-customer",
    ),
    path("accounts/<str:public_id>/terms/", terms_views.account_terms, name="account-terms"),
    *with_file("disclosures/", personal_views.disclosure_list, name="disclosures"),
    path("disclosures/<str:public_id>/", personal_views.disclosure, name="disclosure"),
    path("accounts/<str:public_id>/bill/", views.account_bill, name="account-bill"),
    *with_file(
        "accounts/<str:public_id>/invoices/", views.account_invoices, name="account-invoices"
    ),
    *with_file(
        "accounts/<str:public_id>/resources/", views.account_resources, name="account-resources"
    ),
    *with_file("accounts/<str:public_id>/history/", views.account_history, name="account-history"),
    path("resources/<str:public_id>/", resource_views.resource, name="resource"),
]
