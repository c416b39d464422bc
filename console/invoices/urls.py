"""The paths of invoices."""

from django.urls import path

from console.invoices import (
    explain_views,
    list_views,
    note_views,
    one_off_views,
    proof_views,
    views,
)

urlpatterns = [
    path(
        "accounts/<str:public_id>/bill/<int:position>/explain/",
        explain_views.bill_line,
        name="explain-bill",
    ),
    path("invoices/", list_views.invoice_list, name="invoices"),
    path("invoices/+<file_kind:kind>/", list_views.invoice_file, name="invoices-file"),
    path("invoices/<str:ref>/", views.invoice, name="invoice"),
    path("invoices/<str:ref>/lines/", views.invoice_lines, name="invoice-lines"),
    path("invoices/<str:ref>/payments/", views.invoice_payments, name="invoice-payments"),
    path("invoices/<str:ref>/documents/", views.invoice_documents, name="invoice-documents"),
    path("invoices/<str:ref>/compare/", views.invoice_compare, name="invoice-compare"),
    path(
        "invoices/<str:ref>/compare/ask/",
        views.invoice_compare_ask,
        name="invoice-compare-ask",
    ),
    path("invoices/<str:ref>/history/", views.invoice_history, name="invoice-history"),
    path("credit-notes/<str:ref>/", note_views.credit_note, name="credit-note"),
    path("adjustments/<str:public_id>/", note_views.adjustment, name="adjustment"),
    path("invoices/<str:ref>/issue/", one_off_views.issue, name="invoice-issue"),
    path("invoices/<str:ref>/discard/", one_off_views.discard, name="invoice-discard"),
    path("accounts/<str:public_id>/one-off/", one_off_views.prepare, name="account-one-off"),
    path(
        "invoices/<str:ref>/lines/<int:position>/explain/",
        explain_views.invoice_line,
        name="explain",
    ),
    path("invoices/<str:ref>/lines/<int:position>/proof/", proof_views.invoice_line, name="proof"),
    path(
        "accounts/<str:public_id>/bill/<int:position>/proof/",
        proof_views.bill_line,
        name="proof-bill",
    ),
]
