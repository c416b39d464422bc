"""The root of all URLs. Each door owns its own paths; this file only says which door is where."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# One way to sign in: the admin sends people to the staff's own page.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler403 = "console.shell.error_views.forbidden"
handler404 = "console.shell.error_views.not_found"
handler500 = "console.shell.error_views.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("staff/", include("allauth.urls")),
    path("", include("api.urls")),
    path("", include("console.urls")),
]
