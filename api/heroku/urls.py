"""The paths of Heroku's Platform API that are answered here."""

from django.urls import path, re_path

from api.heroku import (
    addons,
    address,
    apps,
    credits,
    days,
    doors,
    invoices,
    licences,
    plans,
    standing,
    usage,
)

_account = [
    path("account", apps.account, name="heroku-account"),
    path("account/rate-limits", standing.rate_limits, name="heroku-rate-limits"),
    path("account/invoices", invoices.account_invoices, name="heroku-invoices"),
    path("account/invoices/<str:name>", invoices.account_invoice, name="heroku-invoice"),
    path("account/invoice-address", address.account_address, name="heroku-address"),
    path("account/credits", credits.account_credits, name="heroku-credits"),
    path("account/credits/<str:credit>", credits.account_credit, name="heroku-credit"),
    path("account/delinquency", standing.account_delinquency, name="heroku-delinquency"),
]
_teams = [
    path("teams", apps.teams, name="heroku-teams"),
    path("teams/<str:team>", apps.team, name="heroku-team"),
    path("teams/<str:team>/apps", apps.apps, name="heroku-team-apps"),
    path("teams/<str:team>/addons", addons.addons, name="heroku-team-addons"),
    path("teams/<str:team>/invoices", invoices.team_invoices, name="heroku-team-invoices"),
    path("teams/<str:team>/invoices/<str:name>", invoices.team_invoice, name="heroku-team-invoice"),
    path("teams/<str:team>/invoice-address", address.team_address, name="heroku-team-address"),
    path("teams/<str:team>/credits", credits.team_credits, name="heroku-team-credits"),
    path("teams/<str:team>/delinquency", standing.team_delinquency, name="heroku-team-delinquency"),
    path("teams/<str:team>/usage", usage.team_usage, name="heroku-team-usage"),
    path("teams/<str:team>/usage/daily", days.team_daily, name="heroku-team-daily"),
    path("teams/<str:team>/usage/monthly", days.team_monthly, name="heroku-team-monthly"),
    path("teams/<str:team>/apps/<str:app>/usage", usage.app_usage, name="heroku-team-app-usage"),
    path("teams/<str:team>/licenses", licences.licenses, name="heroku-licenses"),
    path("teams/<str:team>/license-collections", licences.collections, name="heroku-collections"),
]
_enterprises = [
    path("enterprise-accounts", apps.enterprises, name="heroku-enterprises"),
    path(
        "enterprise-accounts/<str:enterprise>/usage/daily",
        days.enterprise_daily,
        name="heroku-enterprise-daily",
    ),
    path(
        "enterprise-accounts/<str:enterprise>/usage/monthly",
        days.enterprise_monthly,
        name="heroku-enterprise-monthly",
    ),
]
_apps = [
    path("apps", apps.apps, name="heroku-apps"),
    path("users/~/apps", apps.apps, name="heroku-own-apps"),
    path("apps/<str:app>", apps.app, name="heroku-app"),
    path("apps/<str:app>/addons", addons.app_addons, name="heroku-app-addons"),
    path("apps/<str:app>/addons/<str:addon>", addons.app_addon, name="heroku-app-addon"),
    path("apps/<str:app>/usage", usage.app_usage, name="heroku-app-usage"),
    path("apps/<str:app>/available-dyno-sizes", plans.dyno_sizes, name="heroku-app-dyno-sizes"),
    path("apps/<str:app>/addon-attachments", addons.attachments, name="heroku-app-attachments"),
    path("addon-attachments", addons.attachments, name="heroku-attachments"),
    path("addons/<str:addon>/addon-attachments", addons.attachments, name="heroku-attachments-of"),
    path("addons", addons.addons, name="heroku-addons"),
    path("addons/<str:addon>", addons.addon, name="heroku-addon"),
    path("users/~/addons", addons.addons, name="heroku-own-addons"),
    path("resource/<str:addon>/usage-history", usage.usage_history, name="heroku-usage-history"),
]
_catalogue = [
    path("addon-services", plans.services, name="heroku-services"),
    path("addon-services/<str:service>", plans.service, name="heroku-service"),
    path("addon-services/<str:service>/plans", plans.service_plans, name="heroku-service-plans"),
    path("plans/<str:plan>", plans.plan, name="heroku-plan"),
    path("plans/<str:plan>/meters", plans.plan_meters, name="heroku-plan-meters"),
    path("plans/<str:plan>/meters/<str:meter>", plans.plan_meter, name="heroku-plan-meter"),
    path("dyno-sizes", plans.dyno_sizes, name="heroku-dyno-sizes"),
    path("dyno-sizes/<str:size>", plans.dyno_size, name="heroku-dyno-size"),
]

urlpatterns = [
    *_account,
    *_teams,
    *_enterprises,
    *_apps,
    *_catalogue,
    re_path(r"^", doors.nothing),
]
