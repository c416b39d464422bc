"""The paths of contracts."""

from django.urls import path

from console.contracts import (
    change_views,
    grant_views,
    license_quote_views,
    license_views,
    limit_views,
    seat_views,
    views,
)
from console.shell.sheets import with_file

urlpatterns = [
    *with_file("licences/", license_views.licence_list, name="licences"),
    *with_file("licences/quotes/", license_quote_views.quote_list, name="licence-quotes"),
    path("licences/quotes/<str:ref>/", license_quote_views.quote, name="licence-quote"),
    path("licences/<str:ref>/", license_views.licence, name="licence"),
    path("licences/<str:ref>/+<file_kind:kind>/", license_views.days_file, name="licence-days"),
    path(
        "licences/<str:ref>/movements/+<file_kind:kind>/",
        license_views.licence,
        name="licence-file",
    ),
    path("licences/<str:ref>/amend/", license_views.amend, name="licence-amend"),
    path(
        "accounts/<str:public_id>/quote-licence/",
        license_quote_views.quote_new,
        name="licence-quote-new",
    ),
    path("accounts/<str:public_id>/plans/", views.account_plans, name="account-plans"),
    path(
        "accounts/<str:public_id>/plans/<str:subscription_id>/agree/",
        views.agree,
        name="account-agree",
    ),
    path(
        "accounts/<str:public_id>/plans/<str:subscription_id>/change/",
        change_views.change,
        name="account-change",
    ),
    path(
        "accounts/<str:public_id>/plans/<str:subscription_id>/seats/",
        seat_views.seat_take,
        name="account-seats",
    ),
    path(
        "accounts/<str:public_id>/seats/<str:seat_id>/leave/",
        seat_views.seat_leave,
        name="account-seat-leave",
    ),
    path(
        "accounts/<str:public_id>/changes/<str:change_id>/withdraw/",
        change_views.withdraw,
        name="account-change-withdraw",
    ),
    path(
        "accounts/<str:public_id>/coupons/redeem/",
        grant_views.coupon_redeem,
        name="account-coupon-redeem",
    ),
    *with_file("accounts/<str:public_id>/grants/", grant_views.grant_list, name="account-grants"),
    path("accounts/<str:public_id>/grants/new/", grant_views.grant_new, name="account-grant-new"),
    path(
        "accounts/<str:public_id>/grants/<str:grant_id>/", grant_views.grant, name="account-grant"
    ),
    path(
        "accounts/<str:public_id>/grants/<str:grant_id>/revoke/",
        grant_views.grant_revoke,
        name="account-grant-revoke",
    ),
    *with_file("limits/", limit_views.limit_list, name="limits"),
    *with_file(
        "accounts/<str:public_id>/limits/", limit_views.account_limits, name="account-limits"
    ),
    path("accounts/<str:public_id>/limits/new/", limit_views.limit_new, name="account-limit-new"),
    path(
        "accounts/<str:public_id>/limits/<str:limit_id>/end/",
        limit_views.limit_end,
        name="account-limit-end",
    ),
    path(
        "accounts/<str:public_id>/agreed/<str:agreement_id>/clear/",
        views.clear,
        name="account-clear",
    ),
]
