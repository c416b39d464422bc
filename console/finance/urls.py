"""The paths of finance."""

from django.urls import path

from console.finance import book_views, export_views, views

urlpatterns = [
    path("books/", book_views.books, name="books"),
    path("receivables/", views.receivables, name="receivables"),
    path("accounts/<str:public_id>/statement/", views.account_statement, name="account-statement"),
    path(
        "accounts/<str:public_id>/statement/+csv/",
        export_views.statement_csv,
        name="account-statement-csv",
    ),
    path(
        "accounts/<str:public_id>/statement/+focus/",
        export_views.focus_csv,
        name="account-focus-csv",
    ),
    path("receivables/+revenue/", export_views.revenue_csv, name="receivables-revenue-csv"),
]
