"""The paths of finance."""

from django.urls import path

from console.finance import book_views, views

urlpatterns = [
    path("books/", book_views.books, name="books"),
    path("receivables/", views.receivables, name="receivables"),
    path("accounts/<str:public_id>/statement/", views.account_statement, name="account-statement"),
]
