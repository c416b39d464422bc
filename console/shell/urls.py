"""The paths of the inbox, the search and what is one's own."""

from django.urls import path

from console.shell import (
    inbox_views,
    preference_views,
    saved_views,
    search_views,
    style_views,
    token_views,
)

urlpatterns = [
    path("", inbox_views.inbox, name="inbox"),
    path("inbox/ring/", inbox_views.inbox_ring, name="inbox-ring"),
    path("inbox/put-off/", inbox_views.inbox_put_off, name="inbox-put-off"),
    path("views/", saved_views.views, name="views"),
    path("views/<str:public_id>/end/", saved_views.view_end, name="view-end"),
    path("search/", search_views.search_page, name="search"),
    path("preferences/", preference_views.preferences, name="preferences"),
    path("keyboard/", preference_views.shortcuts, name="shortcuts"),
    path("tokens/", token_views.own_tokens, name="tokens"),
    path("console/style/", style_views.style, name="style"),
]
