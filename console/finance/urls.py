"""The paths of finance."""

from django.urls import path, register_converter

from console.finance import (
    bank_views,
    book_views,
    close_views,
    dunning_views,
    export_views,
    list_files,
    payment_rule_views,
    payment_steps,
    payment_views,
    revenue_views,
    rule_views,
    views,
)
from console.shell.sheets import with_file


class CloseStepPath:
    """One of the steps of a close, and no other word."""

    regex = "|".join(close_views.STEPS)

    def to_python(self, value: str) -> str:
        """The step."""
        return value

    def to_url(self, value: str) -> str:
        """The step."""
        return value


register_converter(CloseStepPath, "close_step")

urlpatterns = [
    path("close/", close_views.closes, name="closes"),
    path(
        "close/batches/<str:public_id>/+<file_kind:kind>/",
        close_views.journal_batch,
        name="journal-batch",
    ),
    path("close/<str:month>/", close_views.close, name="close"),
    path("close/<str:month>/<close_step:step>/", close_views.close_step, name="close-step"),
    path("books/", book_views.books, name="books"),
    path("books/+<file_kind:kind>/", list_files.books_file, name="books-file"),
    path("finance/payments/", payment_views.payment_list, name="payments"),
    path("finance/payments/+<file_kind:kind>/", payment_views.payment_file, name="payments-file"),
    path("finance/refunds/+<file_kind:kind>/", list_files.refunds_file, name="refunds-file"),
    path(
        "finance/credit-notes/+<file_kind:kind>/",
        list_files.credit_notes_file,
        name="credit-notes-file",
    ),
    path("finance/payments/record/", payment_steps.payment_record, name="payment-record"),
    path("finance/payments/<str:public_id>/", payment_views.payment, name="payment"),
    path(
        "finance/payments/<str:public_id>/<slug:verb>/",
        payment_steps.payment_step,
        name="payment-step",
    ),
    path(
        "finance/settlements/<str:public_id>/take-off/",
        payment_steps.settlement_unapply,
        name="settlement-unapply",
    ),
    path(
        "finance/reversals/<str:public_id>/clear/", payment_steps.excess_clear, name="excess-clear"
    ),
    *with_file("finance/bank-files/", bank_views.bank_file_list, name="bank-files"),
    path("finance/bank-files/new/", bank_views.bank_file_new, name="bank-file-new"),
    path("finance/bank-files/<str:public_id>/", bank_views.bank_file, name="bank-file"),
    path(
        "finance/bank-files/<str:public_id>/+<file_kind:kind>/",
        list_files.bank_rows_file,
        name="bank-file-file",
    ),
    path(
        "finance/bank-rows/<str:public_id>/accept/",
        bank_views.bank_row_accept,
        name="bank-row-accept",
    ),
    path("finance/bank-rows/<str:public_id>/put/", bank_views.bank_row_put, name="bank-row-put"),
    path(
        "finance/bank-rows/<str:public_id>/take-back/",
        bank_views.bank_row_take_back,
        name="bank-row-take-back",
    ),
    path(
        "finance/bank-rows/<str:public_id>/ignore/",
        bank_views.bank_row_ignore,
        name="bank-row-ignore",
    ),
    path("finance/dunning/", dunning_views.dunning, name="dunning"),
    path(
        "finance/dunning/late/+<file_kind:kind>/",
        list_files.dunning_late_file,
        name="dunning-late-file",
    ),
    path(
        "finance/dunning/steps/+<file_kind:kind>/",
        list_files.dunning_notices_file,
        name="dunning-notices-file",
    ),
    path("finance/dunning/policy/", dunning_views.dunning_policy, name="dunning-policy"),
    path(
        "accounts/<str:public_id>/promise/", dunning_views.account_promise, name="account-promise"
    ),
    path("finance/rules/", rule_views.rules, name="rules"),
    path("finance/rules/bounds/<str:currency>/", rule_views.rules_bounds, name="rules-bounds"),
    path("finance/rules/numbers/<str:prefix>/", rule_views.rules_numbers, name="rules-numbers"),
    path("finance/rules/bank-format/", payment_rule_views.rules_format, name="rules-format"),
    path("finance/rules/matching/", payment_rule_views.rules_matching, name="rules-matching"),
    path("finance/rules/free-money/", payment_rule_views.rules_applying, name="rules-applying"),
    path("receivables/", views.receivables, name="receivables"),
    path("receivables/+<file_kind:kind>/", list_files.receivables_file, name="receivables-file"),
    path("accounts/<str:public_id>/statement/", views.account_statement, name="account-statement"),
    path(
        "accounts/<str:public_id>/statement/+<file_kind:kind>/",
        export_views.statement_file,
        name="account-statement-file",
    ),
    path(
        "accounts/<str:public_id>/statement/focus/+<file_kind:kind>/",
        export_views.focus_file,
        name="account-focus-file",
    ),
    path("receivables/revenue/", revenue_views.revenue_page, name="revenue"),
    path("receivables/revenue/+<file_kind:kind>/", revenue_views.revenue_file, name="revenue-file"),
]
