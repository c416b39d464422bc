"""The paths of Heroku's Platform API that are answered here."""

from django.urls import path, re_path

from api.heroku import doors, invoices, standing

urlpatterns = [
    path("account/rate-limits", standing.rate_limits, name="heroku-rate-limits"),
    path("account/invoices", invoices.account_invoices, name="heroku-invoices"),
    path("account/invoices/<str:name>", invoices.account_invoice, name="heroku-invoice"),
    path("account/delinquency", standing.account_delinquency, name="heroku-delinquency"),
    path("teams/<str:team>/invoices", invoices.team_invoices, name="heroku-team-invoices"),
    path("teams/<str:team>/invoices/<str:name>", invoices.team_invoice, name="heroku-team-invoice"),
    path("teams/<str:team>/delinquency", standing.team_delinquency, name="heroku-team-delinquency"),
    re_path(r"^", doors.nothing),
]
