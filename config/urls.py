"""The root of all URLs. Each door owns its own paths; this file only says which door is where."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import Http404
from django.urls import include, path, re_path

import config.sign_in  # noqa: F401  what it hears of allauth
from console.shell.error_views import not_found

# One way to sign in: the admin sends people to the staff's own page.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler403 = "console.shell.error_views.forbidden"
handler404 = "console.shell.error_views.not_found"
handler500 = "console.shell.error_views.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    # A mailbox is as good as the roles behind it: accounts.operations.staff changes it.
    re_path(r"^staff/(?:email|confirm-email)/", not_found, {"exception": Http404()}),
    path("staff/", include("allauth.urls")),
    path("", include("api.urls")),
    path("", include("console.urls")),
]
